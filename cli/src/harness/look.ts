/**
 * Looks at a file that is to be edited: what is in it, where it really is, and whether it could be
 * replaced. Changes nothing.
 */
import { accessSync, constants, lstatSync, readlinkSync, realpathSync, statSync } from 'node:fs';
import { userInfo } from 'node:os';
import { basename, dirname, join, resolve } from 'node:path';
import { shellWord } from '@waitbus/plugin-sdk/envelope';
import { NotRead, readRegularFile } from '../regular-file.js';
import { badFile, unwritableFile } from './problems.js';
import { decode } from './text.js';

export interface Seen {
  /** As the plan names it. */
  readonly file: string;
  /** Where a link leads to: what is replaced. */
  readonly real: string;
  /** null: there is none. */
  readonly bytes: Buffer | null;
  /** Without its mark of byte order. */
  readonly text: string | null;
  readonly mark: string;
  readonly mode: number | null;
  /** Directories that are missing above it, the outermost first. */
  readonly missing: readonly string[];
}

/** Settings of years are large; what is larger is something else. */
const MAX_BYTES = 32 * 1024 * 1024;

/**
 * @param within the project that it has to lie in, links followed; null: it may lie anywhere
 * @throws WaitbusError WAITBUS_BAD_HARNESS_FILE, WAITBUS_UNWRITABLE
 */
export function look(file: string, within: string | null): Seen {
  const real = follow(file);
  if (within !== null) checkWithin(file, real, within);
  const stat = statSync(real, { throwIfNoEntry: false });
  const missing = missingAbove(real);
  if (stat === undefined) {
    return { file, real, bytes: null, text: null, mark: '', mode: null, missing };
  }
  if (!stat.isFile()) throw badFile(file, 'this is not a file');
  const bytes = read(real);
  const decoded = decode(bytes);
  if (decoded === null) throw badFile(file, 'this is not UTF-8');
  return { file, real, bytes, ...decoded, mode: stat.mode & 0o7777, missing };
}

/** @throws WaitbusError WAITBUS_UNWRITABLE when the file could not be replaced, or is not meant to be */
export function checkReplaceable({ file, real, bytes, missing }: Seen): void {
  if (bytes !== null) {
    const stat = statSync(real);
    const uid = process.getuid?.() ?? stat.uid;
    if (stat.uid !== uid) {
      throw unwritableFile(
        file,
        `belongs to another user (uid ${stat.uid}, not ${uid})`,
        `Run it as that user, or make the file yours: sudo chown ${userInfo().username} ${shellWord(real)}`,
      );
    }
    // Even for root, who could: its owner does not want it written.
    if ((stat.mode & 0o200) === 0 || !mayWrite(real)) {
      throw unwritableFile(file, 'is read-only', remedyOf(real, (stat.mode & 0o200) === 0));
    }
  }
  const directory = missing[0] === undefined ? dirname(real) : dirname(missing[0]);
  const stat = statSync(directory);
  if (!stat.isDirectory()) {
    throw unwritableFile(directory, 'is not a directory', 'Move it away');
  }
  if ((stat.mode & 0o200) === 0 || !mayWrite(directory)) {
    throw unwritableFile(directory, 'is a read-only directory', remedyOf(directory, true));
  }
}

function remedyOf(path: string, byMode: boolean): string {
  const word = shellWord(path);
  return byMode
    ? `Make it writable: chmod u+w ${word}`
    : `See ls -ld ${word}, lsattr -d ${word} and mount`;
}

function mayWrite(path: string): boolean {
  try {
    accessSync(path, constants.W_OK);
    return true;
  } catch {
    return false;
  }
}

function read(file: string): Buffer {
  try {
    return readRegularFile(file, { maxBytes: MAX_BYTES });
  } catch (error) {
    if (error instanceof NotRead) throw badFile(file, error.message);
    throw unwritableFile(
      file,
      `cannot be read: ${(error as Error).message}`,
      `See ls -l ${shellWord(file)}`,
    );
  }
}

/** A project comes from others: a link in it does not choose a file of the user's elsewhere. */
function checkWithin(file: string, real: string, within: string): void {
  const root = resolvedPath(within);
  if (resolvedPath(real).startsWith(`${root}/`)) return;
  throw unwritableFile(
    file,
    `leads out of the project, to ${real}`,
    `See ls -ld ${shellWord(dirname(file))} ${shellWord(file)}, and remove the link`,
  );
}

/** Where a path leads, though its end is not there yet. */
function resolvedPath(path: string): string {
  try {
    return realpathSync(path);
  } catch {
    const above = dirname(path);
    return above === path ? path : join(resolvedPath(above), basename(path));
  }
}

/** A link stays a link, even one that leads to nothing yet. */
function follow(file: string, depth = 0): string {
  const stat = lstatSync(file, { throwIfNoEntry: false });
  if (stat === undefined) return join(followDirectory(dirname(file)), basename(file));
  if (!stat.isSymbolicLink()) return realpathSync(file);
  if (depth > 20) throw badFile(file, 'its links lead in a circle');
  return follow(resolve(dirname(file), readlinkSync(file)), depth + 1);
}

function followDirectory(directory: string): string {
  try {
    return realpathSync(directory);
  } catch {
    return directory;
  }
}

function missingAbove(file: string): string[] {
  const missing: string[] = [];
  for (
    let at = dirname(file);
    statSync(at, { throwIfNoEntry: false }) === undefined;
    at = dirname(at)
  ) {
    missing.unshift(at);
  }
  return missing;
}
