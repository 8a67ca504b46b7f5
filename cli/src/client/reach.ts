/**
 * Reaches the daemon: connects, and starts one when there is none and that is allowed. Whoever wins
 * the race to start it, everybody gets connected.
 */
import { spawn, type ChildProcess } from 'node:child_process';
import { closeSync, constants } from 'node:fs';
import { join } from 'node:path';
import type { Readable } from 'node:stream';
import { setTimeout as pause } from 'node:timers/promises';
import { openOwnFile, ownDirectory, readOwnFile } from '@waitbus/kernel/own-places';
import { WaitbusError } from '@waitbus/plugin-sdk/envelope';
import { rotateClosed } from '../daemon-log.js';
import { findInstallation } from '../installation.js';
import { inspectorFlags, withoutNodeVariables } from '../no-inspector.js';
import { resolvePaths, type Paths } from '../paths.js';
import { asPlainError, isWaitbusError } from '../system-error.js';

export interface ReachOptions {
  /** Default: from the environment. */
  readonly paths?: Paths;
  /** Whether a daemon may be started. Default: unless WAITBUS_NO_AUTOSTART=1. */
  readonly autostart?: boolean;
  /** Called before one is started, because none ran. */
  readonly onStart?: () => void;
}

const START_LIMIT_MS = 15_000;
const RETRY_MS = 20;

export function pathsOf(options: ReachOptions): Paths {
  return options.paths ?? resolvePaths();
}

/**
 * @param open connects, or rejects with the operating system's error
 * @throws WaitbusError WAITBUS_UNREACHABLE, with what the daemon said when it could not start
 */
export async function reach<T>(
  open: (socket: string) => Promise<T>,
  options: ReachOptions,
): Promise<T> {
  const paths = pathsOf(options);
  try {
    return await openEither(open, paths);
  } catch (error) {
    if (isRefusal(error)) throw unreachable(paths, error);
    const autostart = options.autostart ?? process.env['WAITBUS_NO_AUTOSTART'] !== '1';
    if (!autostart) throw unreachable(paths, error, NOT_STARTED);
  }
  options.onStart?.();
  await startDaemon(paths);
  return connectWithin(START_LIMIT_MS, open, paths);
}

/**
 * The socket where it should be, else where the daemon of this state directory says it is: another
 * shell may have had another TMPDIR or XDG_RUNTIME_DIR when it started it.
 */
async function openEither<T>(open: (socket: string) => Promise<T>, paths: Paths): Promise<T> {
  try {
    return await open(paths.socket);
  } catch (error) {
    const recorded = readOwnFile(join(paths.stateDir, 'daemon.lock')).trim();
    if (recorded === '' || recorded === paths.socket) throw error;
    return open(recorded).catch(() => Promise.reject(error as Error));
  }
}

/** Whether there is something in a daemon's place that is not to be spoken to. */
function isRefusal(error: unknown): boolean {
  return isWaitbusError(error) && error.code === 'WAITBUS_SOCKET_PATH';
}

/** Whether the error says that no daemon runs, and no more. */
export function isNoDaemon(error: unknown): boolean {
  return isWaitbusError(error) && error.code === 'WAITBUS_UNREACHABLE' && !isRefusal(error.cause);
}

/** The winner of a race may still be on its way to listening: tries until it does. */
async function connectWithin<T>(
  limitMs: number,
  open: (socket: string) => Promise<T>,
  paths: Paths,
): Promise<T> {
  const deadline = performance.now() + limitMs;
  for (;;) {
    try {
      return await openEither(open, paths);
    } catch (error) {
      if (isRefusal(error) || performance.now() > deadline) throw unreachable(paths, error);
      await pause(RETRY_MS);
    }
  }
}

/** Starts a daemon that outlives this process, and waits for its word that it serves. */
async function startDaemon(paths: Paths): Promise<void> {
  const child = spawnDaemon(paths, 'pipe');
  const ready = child.stdio[3] as Readable;
  let said: string;
  try {
    said = await new Promise<string>((resolve, reject) => {
      let text = '';
      child.once('error', reject);
      ready.setEncoding('utf8');
      ready.on('data', (chunk: string) => (text += chunk));
      ready.once('close', () => resolve(text));
    });
  } catch (error) {
    throw unreachable(paths, error);
  } finally {
    child.unref();
  }
  // 'taken' is as good as 'ready': another process won the race.
  if (said.startsWith('ready') || said.startsWith('taken')) return;
  throw refusal(paths, said);
}

/** Starts a daemon and does not wait for it: whether it serves shows when it is needed. */
export function startDetached(paths: Paths): void {
  const child = spawnDaemon(paths, 'ignore');
  child.once('error', () => undefined);
  child.unref();
}

/** @param ready where it says that it serves */
function spawnDaemon(paths: Paths, ready: 'pipe' | 'ignore'): ChildProcess {
  const { packageRoot } = findInstallation();
  const log = openLog(paths);
  const child = spawn(
    process.execPath,
    [
      ...inspectorFlags(),
      join(packageRoot, 'dist', 'bin', 'waitbus.js'),
      'daemon',
      '--ready-fd',
      '3',
    ],
    {
      detached: true,
      cwd: '/',
      stdio: ['ignore', log, log, ready],
      env: {
        ...withoutNodeVariables(process.env),
        WAITBUS_STATE_DIR: paths.stateDir,
        WAITBUS_RUNTIME_DIR: paths.runtimeDir,
        WAITBUS_CONFIG_DIR: paths.configDir,
        WAITBUS_LOCKFILE: paths.lockfile,
      },
    },
  );
  closeSync(log);
  return child;
}

function openLog(paths: Paths): number {
  try {
    ownDirectory(paths.stateDir, 'WAITBUS_STATE_DIR');
    rotateClosed(paths.daemonLog);
    const { O_APPEND, O_CREAT, O_WRONLY } = constants;
    return openOwnFile(paths.daemonLog, O_APPEND | O_CREAT | O_WRONLY);
  } catch (error) {
    const plain = asPlainError(error);
    throw unreachable(paths, plain);
  }
}

/** What the daemon that could not start said of it: one JSON line, or nothing. */
function refusal(paths: Paths, said: string): WaitbusError {
  try {
    const { code, message, remedy } = JSON.parse(said) as Record<string, string>;
    return unreachable(paths, new Error(`${message} (${code})`), remedy);
  } catch {
    return unreachable(paths, new Error('it ended before it could serve'));
  }
}

const NOT_STARTED =
  'None may be started here (--no-autostart or WAITBUS_NO_AUTOSTART=1); waitbus daemon runs one in another terminal.';

/** A cause with a code of ours says it, and its remedy, which a person can do something about. */
function unreachable(paths: Paths, cause: unknown, remedy?: string): WaitbusError {
  const told = isWaitbusError(cause)
    ? { why: `${cause.message} (${cause.code})`, cure: remedy ?? cause.remedy }
    : { why: (cause as Error).message, cure: remedy };
  return new WaitbusError(
    'WAITBUS_UNREACHABLE',
    `no daemon on ${paths.socket}: ${told.why}`,
    told.cure,
    { cause },
  );
}
