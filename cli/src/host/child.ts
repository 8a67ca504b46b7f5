/**
 * A source's process as the host sees it: started with a scrubbed environment, the limits that Node
 * and the system enforce, and nothing but the channel; spoken to in messages, ended with a grace
 * period or at once. Restarts are the supervisor's.
 */
import { spawn, type ChildProcess } from 'node:child_process';
import { mkdirSync, realpathSync } from 'node:fs';
import type { Socket } from 'node:net';
import { dirname, join } from 'node:path';
import { confine, confinement } from '@waitbus/kernel/confine';
import type { HostMessage } from '@waitbus/plugin-sdk';
import { FramedChannel } from '@waitbus/plugin-sdk/channel';
import { permissionFlags } from '@waitbus/plugin-sdk/permissions';
import { withoutNodeVariables } from '../no-inspector.js';
import type { InstalledSource } from './inventory.js';
import { launcher } from './launch.js';
import { limitsOf } from './limits.js';
import { residentBytes } from './memory.js';
import { readLines } from './output.js';

/** What the supervisor works with; a test can stand in for it. */
export interface SourceChild {
  readonly pid: number | undefined;
  send(message: HostMessage): void;
  /** SIGTERM, then SIGKILL after the grace period. */
  stop(): void;
  /** SIGKILL, and nothing more is heard of it. */
  kill(): void;
  /** Reads no messages until `release`. */
  hold(): void;
  release(): void;
  /** Resident bytes; null where the system does not tell. */
  memory(): number | null;
}

export interface ChildEvents {
  /** A JSON object that the process sent, unchecked, and its size in bytes. */
  readonly onMessage: (message: unknown, bytes: number) => void;
  /** The process does not keep to the channel: why. */
  readonly onBroken: (reason: string) => void;
  /** A line that the source wrote to stdout or stderr. */
  readonly onOutput: (line: string) => void;
  /** The process is gone, and all that it sent was handed over; called once. */
  readonly onExit: (how: string) => void;
}

export type ForkSource = (
  source: InstalledSource,
  stateDir: string,
  events: ChildEvents,
) => SourceChild;

const GRACE_MS = 2000;
/** What is left in the pipes of a process that ended is read within this time. */
const LAST_READ_MS = 1000;
/** A source that does not read is not read from while this much waits for it. */
const MAX_BACKLOG_BYTES = 65_536;
/** Passed to every source. Everything else only when its manifest declares it. */
const ENVIRONMENT = ['PATH', 'HOME', 'USER', 'LOGNAME', 'LANG', 'LC_ALL', 'TZ', 'TMPDIR'];

/** The Node that runs a source. */
export interface HowToRun {
  readonly execPath: string;
  /** Such as `20.19.0`. */
  readonly version: string;
  /** Flags in the place of the permission model, for a source under development. */
  readonly unrestricted?: readonly string[];
}

/**
 * @param runner the program that takes the host's messages
 * @param how which Node runs it, and how. Default: the one that runs the daemon.
 */
export function forkWith(
  runner: string,
  env: NodeJS.ProcessEnv,
  how: HowToRun = { execPath: process.execPath, version: process.versions.node },
): ForkSource {
  const launch = launcher(env, how.execPath);
  return (source, stateDir, events) => {
    mkdirSync(stateDir, { recursive: true, mode: 0o700 });
    const { capabilities } = source.manifest;
    const places = {
      // The runner loads parts of itself when they are needed.
      code: [dirname(runner), ...source.readRoots].flatMap(bothNames),
      own: bothNames(stateDir),
      home: env['HOME'],
    };
    const own = environmentFor(source, env);
    const flags = how.unrestricted ?? permissionFlags(capabilities, how.version, places);
    const confined =
      how.unrestricted === undefined && confinement() !== null
        ? confine(how.execPath, limitsOf(capabilities, places, how.execPath, own))
        : null;
    try {
      const { command, args } = launch([...flags, runner], confined ? [confined.command] : []);
      const stdio = ['ignore', 'pipe', 'pipe', 'pipe', ...(confined?.descriptors ?? [])] as const;
      const child = spawn(command, args, { cwd: stateDir, env: own, stdio: [...stdio] });
      return new Process(child, events);
    } finally {
      confined?.close();
    }
  };
}

/** The first message to a source's process: which module it loads, and from where others. */
export function loadMessage(source: InstalledSource): HostMessage {
  const { name, directory, manifest, readRoots } = source;
  return {
    type: 'load',
    source: name,
    entry: join(directory, manifest.entry ?? ''),
    within: [directory, ...readRoots],
  };
}

/** Node compares paths as they are written, and writes some of them without symbolic links. */
function bothNames(path: string): string[] {
  try {
    return [path, realpathSync(path)];
  } catch {
    return [path];
  }
}

function environmentFor(source: InstalledSource, env: NodeJS.ProcessEnv): NodeJS.ProcessEnv {
  const names = [...ENVIRONMENT, ...source.manifest.capabilities.env];
  const passed = names.flatMap((name) => (name in env ? [[name, env[name]]] : []));
  return withoutNodeVariables(Object.fromEntries(passed) as NodeJS.ProcessEnv);
}

class Process implements SourceChild {
  readonly #child: ChildProcess;
  readonly #events: ChildEvents;
  /** null when there were no descriptors for it. */
  readonly #channel: FramedChannel | null;
  #ended = false;
  /** What Node itself wrote when it gave up, out of memory for one. */
  #lastWords = '';

  constructor(child: ChildProcess, events: ChildEvents) {
    this.#child = child;
    this.#events = events;
    this.#channel = this.#openChannel();
    this.#readOutput();
    let how = '';
    const conclude = () => {
      if (this.#ended) return;
      this.#ended = true;
      this.#channel?.destroy();
      events.onExit(this.#lastWords === '' ? how : `${how}, ${this.#lastWords}`);
    };
    child.once('exit', (code, signal) => {
      how = signal ?? `exit code ${code ?? 0}`;
      this.#channel?.release();
      setTimeout(conclude, LAST_READ_MS).unref();
    });
    child.once('close', conclude);
    child.on('error', (error) => {
      if (child.pid !== undefined) return;
      how = error.message;
      conclude();
    });
  }

  get pid(): number | undefined {
    return this.#child.pid;
  }

  send(message: HostMessage): void {
    this.#channel?.send(message);
  }

  stop(): void {
    this.#child.kill('SIGTERM');
    const timer = setTimeout(() => this.#child.kill('SIGKILL'), GRACE_MS);
    this.#child.once('exit', () => clearTimeout(timer));
  }

  kill(): void {
    this.#channel?.destroy();
    this.#child.kill('SIGKILL');
  }

  hold(): void {
    this.#channel?.hold();
  }

  release(): void {
    this.#channel?.release();
  }

  memory(): number | null {
    return this.pid === undefined || this.#ended ? null : residentBytes(this.pid);
  }

  #openChannel(): FramedChannel | null {
    // Node leaves stdio out when it has no descriptors.
    const stdio = this.#child.stdio as ChildProcess['stdio'] | undefined;
    const socket = stdio?.[3];
    if (socket === undefined || socket === null) return null;
    const { onMessage, onBroken } = this.#events;
    const onClose = () => {
      // A process that ends closes it too, and then soon says how it ended.
      const timer = setTimeout(() => onBroken('it closed its channel'), LAST_READ_MS);
      this.#child.once('exit', () => clearTimeout(timer));
      if (this.#isOver()) clearTimeout(timer);
    };
    return new FramedChannel(
      socket as Socket,
      { onMessage, onBroken, onClose },
      { maxBacklogBytes: MAX_BACKLOG_BYTES },
    );
  }

  #isOver(): boolean {
    return this.#child.exitCode !== null || this.#child.signalCode !== null;
  }

  #readOutput(): void {
    const onLine = (line: string) => {
      if (line.startsWith('FATAL ERROR: ')) this.#lastWords = line;
      this.#events.onOutput(line);
    };
    for (const stream of [this.#child.stdout, this.#child.stderr] as const) {
      if (stream) readLines(stream, onLine, () => performance.now());
    }
  }
}
