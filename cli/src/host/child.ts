/**
 * A source's process as the host sees it: forked with a scrubbed environment and nothing but the
 * IPC pipe, spoken to in messages, ended with a grace period. Restarts are the supervisor's.
 */
import { fork, type ChildProcess } from 'node:child_process';
import { accessSync, constants, mkdirSync } from 'node:fs';
import { delimiter, join } from 'node:path';
import type { HostMessage } from '@waitbus/plugin-sdk';
import type { InstalledSource } from './inventory.js';

/** What the supervisor works with; a test can stand in for it. */
export interface SourceChild {
  readonly pid: number | undefined;
  send(message: HostMessage): void;
  /** SIGTERM, then SIGKILL after the grace period. */
  stop(): void;
}

export interface ChildEvents {
  /** Whatever the process sent; unchecked. */
  readonly onMessage: (message: unknown) => void;
  /** A line that the source wrote to stdout or stderr. */
  readonly onOutput: (line: string) => void;
  /** The process is gone; called once. */
  readonly onExit: (how: string) => void;
}

export type ForkSource = (
  source: InstalledSource,
  stateDir: string,
  events: ChildEvents,
) => SourceChild;

const GRACE_MS = 2000;
const HEAP_CAP_MB = 256;
/** Passed to every source. Everything else only when its manifest declares it. */
const ENVIRONMENT = ['PATH', 'HOME', 'USER', 'LOGNAME', 'LANG', 'LC_ALL', 'TZ', 'TMPDIR'];

/**
 * @param runner the program that takes the host's messages
 * @param nodeFlags options of Node for a source that is under development
 */
export function forkWith(
  runner: string,
  env: NodeJS.ProcessEnv,
  nodeFlags: readonly string[] = [],
): ForkSource {
  const launcher = diesWithUs(env);
  return (source, stateDir, events) => {
    mkdirSync(stateDir, { recursive: true, mode: 0o700 });
    const child = fork(runner, [], {
      cwd: stateDir,
      env: environmentFor(source, env),
      ...launcher([`--max-old-space-size=${HEAP_CAP_MB}`, ...nodeFlags]),
      serialization: 'advanced',
      stdio: ['ignore', 'pipe', 'pipe', 'ipc'],
    });
    listen(child, events);
    return {
      pid: child.pid,
      send: (message) => {
        // A process on its way out has closed the pipe; its exit says the rest.
        if (child.connected) child.send(message, () => undefined);
      },
      stop: () => {
        child.kill('SIGTERM');
        const timer = setTimeout(() => child.kill('SIGKILL'), GRACE_MS);
        child.once('exit', () => clearTimeout(timer));
      },
    };
  };
}

/**
 * The runner ends by itself when the pipe closes, unless the source holds its loop. On Linux the
 * operating system ends it then (PR_SET_PDEATHSIG of prctl(2), which setpriv sets before it becomes
 * the source's process).
 */
function diesWithUs(
  env: NodeJS.ProcessEnv,
): (nodeFlags: string[]) => { execPath?: string; execArgv: string[] } {
  const setpriv = process.platform === 'linux' ? programOnPath('setpriv', env['PATH'] ?? '') : null;
  if (setpriv === null) return (nodeFlags) => ({ execArgv: nodeFlags });
  return (nodeFlags) => ({
    execPath: setpriv,
    execArgv: ['--pdeathsig', 'KILL', process.execPath, ...nodeFlags],
  });
}

function programOnPath(name: string, path: string): string | null {
  const candidates = path.split(delimiter).map((directory) => join(directory, name));
  return candidates.find(isExecutable) ?? null;
}

function isExecutable(file: string): boolean {
  try {
    accessSync(file, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}

/** Where a source's entry module is. */
export function entryPath(source: InstalledSource): string {
  return join(source.directory, source.manifest.entry ?? '');
}

function environmentFor(source: InstalledSource, env: NodeJS.ProcessEnv): NodeJS.ProcessEnv {
  const names = [...ENVIRONMENT, ...source.manifest.capabilities.env];
  return Object.fromEntries(names.flatMap((name) => (name in env ? [[name, env[name]]] : [])));
}

function listen(child: ChildProcess, events: ChildEvents): void {
  let gone = false;
  const exited = (how: string) => {
    if (gone) return;
    gone = true;
    events.onExit(how);
  };
  child.on('message', (message) => events.onMessage(message));
  child.on('error', (error) => exited(error.message));
  child.on('exit', (code, signal) => exited(signal ?? `exit code ${code ?? 0}`));
  for (const stream of [child.stdout, child.stderr]) {
    stream?.setEncoding('utf8').on('data', (text: string) => {
      for (const line of text.split('\n')) if (line !== '') events.onOutput(line);
    });
  }
}
