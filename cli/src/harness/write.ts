/**
 * Replaces files, all or none: every new text lies beside its place before the first is moved there,
 * and what was moved is put back if a later one cannot be. Whatever kills it, each file is whole. Only
 * one process at a time does this (see `exclusively`), so a text that a killed one left is written over.
 */
import {
  chmodSync,
  closeSync,
  existsSync,
  fsyncSync,
  mkdirSync,
  openSync,
  renameSync,
  rmSync,
  rmdirSync,
  writeFileSync,
} from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { WaitbusError } from '@waitbus/plugin-sdk/envelope';
import { readRegularFile } from '../regular-file.js';
import type { Seen } from './look.js';
import { unwritableFile } from './problems.js';

export interface Change {
  readonly seen: Seen;
  /** null: the file goes. */
  readonly bytes: Buffer | null;
  /** What the umask takes away of it counts for a file that is new. */
  readonly mode: number;
}

/** @throws WaitbusError WAITBUS_UNWRITABLE; everything is as it was */
export function writeAll(changes: readonly Change[]): void {
  const made: string[] = [];
  const moved: Change[] = [];
  let at = '';
  try {
    for (const { seen, bytes, mode } of changes) {
      at = seen.file;
      for (const directory of seen.missing.filter((one) => !existsSync(one))) {
        mkdirSync(directory);
        made.push(directory);
      }
      writeBeside(seen, bytes, mode);
    }
    for (const { seen } of changes) checkUnchanged(seen);
    for (const change of changes) {
      at = change.seen.file;
      put(change.seen.real, change.bytes);
      moved.push(change);
    }
  } catch (error) {
    for (const { seen, mode } of moved) {
      writeBeside(seen, seen.bytes, seen.mode ?? mode);
      put(seen.real, seen.bytes);
    }
    for (const { seen } of changes) rmSync(besideOf(seen.real), { force: true });
    removeEmpty(made);
    if (error instanceof WaitbusError) throw error;
    throw unwritableFile(at, `cannot be written: ${(error as Error).message}`, 'Mend that');
  }
}

/** Removes those of some directories that are empty, the innermost first. */
export function removeEmpty(directories: readonly string[]): void {
  for (const directory of [...directories].sort((a, b) => b.length - a.length)) {
    try {
      rmdirSync(directory);
    } catch {
      // Somebody has put something there, or it is gone.
    }
  }
}

function besideOf(file: string): string {
  return join(dirname(file), `.${basename(file)}.waitbus-new`);
}

function writeBeside({ real, mode: before }: Seen, bytes: Buffer | null, mode: number): void {
  const next = besideOf(real);
  rmSync(next, { force: true });
  if (bytes === null) return;
  const fd = openSync(next, 'wx', mode);
  try {
    // Of the descriptor, so that it can be synced.
    writeFileSync(fd, bytes);
    fsyncSync(fd);
  } finally {
    closeSync(fd);
  }
  if (before !== null) chmodSync(next, mode);
}

function put(file: string, bytes: Buffer | null): void {
  if (bytes === null) rmSync(file);
  else renameSync(besideOf(file), file);
}

/** Harnesses write their files, too. */
function checkUnchanged({ file, real, bytes }: Seen): void {
  const now = existsSync(real) ? readRegularFile(real, { maxBytes: Infinity }) : null;
  const isSame = now === null || bytes === null ? now === bytes : now.equals(bytes);
  if (!isSame) {
    throw unwritableFile(
      file,
      'was changed by another program at this moment',
      'Wait until it is done',
    );
  }
}
