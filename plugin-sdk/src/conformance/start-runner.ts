/**
 * Starts the real runner for one source and speaks with it as the host does. The only file of the
 * kit that knows by what channel.
 */
import { spawn, spawnSync } from 'node:child_process';
import type { Socket } from 'node:net';
import { fileURLToPath } from 'node:url';
import { CHANNEL_FD, FramedChannel } from '../channel/index.js';
import type { HostMessage } from '../messages.js';

export interface RunnerOptions {
  readonly cwd: string;
  readonly env: NodeJS.ProcessEnv;
  readonly nodeFlags: readonly string[];
  /** Whatever the process sent; unchecked. */
  readonly onMessage: (message: unknown) => void;
  /** What it wrote to stdout or stderr. */
  readonly onOutput: (text: string) => void;
}

export interface Exit {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
}

export interface RunnerProcess {
  readonly pid: number;
  readonly exited: Promise<Exit>;
  send(message: HostMessage): void;
  kill(signal: NodeJS.Signals): void;
  /** The processes that it started and that are still there, as `ps` shows them. */
  stragglers(): readonly string[];
  /** Ends every process that it started. */
  endStragglers(): void;
}

/** The program that runs a source; what it needs to read lies in the same directory tree. */
export const RUNNER = fileURLToPath(new URL('../child/main.js', import.meta.url));

const HEAP_CAP_MB = 256;

export function startRunner(options: RunnerOptions): RunnerProcess {
  const args = [`--max-old-space-size=${HEAP_CAP_MB}`, ...options.nodeFlags, RUNNER];
  const child = spawn(process.execPath, args, {
    cwd: options.cwd,
    env: options.env,
    stdio: ['ignore', 'pipe', 'pipe', 'pipe'],
    // A process group of its own, so that what it leaves behind can be found.
    detached: true,
  });
  const pid = child.pid ?? 0;
  const channel = new FramedChannel(child.stdio[CHANNEL_FD] as Socket, {
    onMessage: options.onMessage,
    // What is no frame is handed over as text: it is no message of the contract either.
    onBroken: options.onMessage,
    onClose: () => undefined,
  });
  for (const stream of [child.stdout, child.stderr]) {
    stream?.setEncoding('utf8').on('data', options.onOutput);
  }
  const exited = new Promise<Exit>((resolve, reject) => {
    child.once('error', reject);
    child.once('exit', (code, signal) => resolve({ code, signal }));
  });
  return {
    pid,
    exited,
    send: (message) => channel.send(message),
    kill: (signal) => void child.kill(signal),
    stragglers: () => (signalGroup(pid, 0) ? membersOf(pid) : []),
    endStragglers: () => void signalGroup(pid, 'SIGKILL'),
  };
}

/** @returns whether there was anybody to signal */
function signalGroup(group: number, signal: NodeJS.Signals | 0): boolean {
  if (group === 0) return false;
  try {
    process.kill(-group, signal);
    return true;
  } catch {
    return false;
  }
}

/** A process that has ended and that nobody asked about (Z) is not there any more. */
function membersOf(group: number): string[] {
  const { stdout } = spawnSync('ps', ['-A', '-o', 'pgid=,stat=,args='], { encoding: 'utf8' });
  return String(stdout)
    .split('\n')
    .map((line) => /^\s*(\d+)\s+([^Z\s]\S*)\s+(.*)$/.exec(line))
    .flatMap((match) => (Number(match?.[1]) === group ? [match?.[3] ?? ''] : []));
}
