/**
 * The lockfile on disk: read whole, replaced whole, and one at a time changes it. A reader sees the
 * old text or the new one, whatever kills the writer.
 */
import { createHash } from 'node:crypto';
import {
  closeSync,
  fsyncSync,
  mkdirSync,
  openSync,
  realpathSync,
  renameSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { basename, dirname, join, resolve } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { tryLock } from '@waitbus/kernel/file-lock';
import { shellWord, WaitbusError } from '@waitbus/plugin-sdk/envelope';
import {
  below,
  EMPTY_LOCKFILE,
  formatLockfile,
  parseLockfile,
  type Lockfile,
} from '@waitbus/plugin-sdk/lockfile';
import type { Paths } from '../paths.js';
import { NotRead, readRegularFile } from '../regular-file.js';

const RETRY_MS = 50;
/** Of a lock with thousands of dependencies. */
const MAX_BYTES = 8 * 1024 * 1024;

/**
 * @returns null when there is no such file
 * @throws WaitbusError WAITBUS_BAD_LOCKFILE
 */
export function readLockfile(file: string): Lockfile | null {
  const text = textOf(file);
  return text === null ? null : parseLockfile(text, file);
}

/**
 * The file's text, or null without one.
 * @throws WaitbusError WAITBUS_BAD_LOCKFILE for what is no regular file, or too large for a lock
 */
export function textOf(file: string): string | null {
  try {
    return readRegularFile(file, { maxBytes: MAX_BYTES }).toString();
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return null;
    if (!(error instanceof NotRead)) throw error;
    throw new WaitbusError('WAITBUS_BAD_LOCKFILE', error.message, `See ls -ld ${shellWord(file)}.`);
  }
}

/** Writes a text in one step. @throws WaitbusError WAITBUS_UNWRITABLE */
export function replaceFile(file: string, text: string): void {
  const next = below(dirname(file), `.${basename(file)}.${process.pid}.tmp`);
  try {
    mkdirSync(dirname(file), { recursive: true, mode: 0o700 });
    const fd = openSync(next, 'w', 0o644);
    try {
      // Not writeFileSync, which may write a part of it.
      writeFileSync(fd, text);
      fsyncSync(fd);
    } finally {
      closeSync(fd);
    }
    renameSync(next, file);
  } catch (error) {
    rmSync(next, { force: true });
    throw unwritable(dirname(file), error as Error);
  }
}

/**
 * Runs some work while no other command changes this lockfile or the installed packages.
 * @param waiting called once when another has to be waited for
 */
export async function exclusively<T>(
  { runtimeDir, plugins }: Paths,
  lockfile: string,
  waiting: () => void,
  work: (change: (lock: (old: Lockfile) => Lockfile) => void) => Promise<T>,
): Promise<T> {
  const key = createHash('sha256').update(whereIs(lockfile)).digest('hex').slice(0, 16);
  const releases: (() => void)[] = [];
  try {
    for (const file of [join(plugins, '.lock'), below(runtimeDir, `lockfile-${key}.lock`)]) {
      releases.push(await take(file, waiting));
    }
    return await work((change) => {
      replaceFile(lockfile, formatLockfile(change(readLockfile(lockfile) ?? EMPTY_LOCKFILE)));
    });
  } finally {
    for (const release of releases.reverse()) release();
  }
}

async function take(file: string, waiting: () => void): Promise<() => void> {
  try {
    mkdirSync(dirname(file), { recursive: true, mode: 0o700 });
  } catch (error) {
    throw unwritable(dirname(file), error as Error);
  }
  for (let tries = 0; ; tries += 1) {
    const release = lockOrThrow(file);
    if (release !== null) return release;
    if (tries === 0) waiting();
    await pause(RETRY_MS);
  }
}

function lockOrThrow(file: string): (() => void) | null {
  try {
    return tryLock(file);
  } catch (error) {
    if (error instanceof WaitbusError) throw error;
    throw unwritable(dirname(file), error as Error);
  }
}

/** Two ways to one file are one file. */
function whereIs(file: string): string {
  try {
    return realpathSync(file);
  } catch {
    return resolve(file);
  }
}

export function unwritable(directory: string, cause: Error): WaitbusError {
  return new WaitbusError(
    'WAITBUS_UNWRITABLE',
    `${directory} cannot be written: ${cause.message}`,
    `See ls -ld ${shellWord(directory)} and df ${shellWord(directory)}.`,
    { cause },
  );
}
