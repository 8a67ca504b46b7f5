/**
 * Reads a file that somebody else may have put there: a regular one, up to a size, or none. A pipe is
 * not waited for, a device is not opened, and what is judged is what was opened.
 */
import { closeSync, constants, fstatSync, lstatSync, openSync, readSync, statSync } from 'node:fs';

const { O_NOCTTY, O_NOFOLLOW, O_NONBLOCK, O_RDONLY } = constants;
const CHUNK = 64 * 1024;

/** Why a file that is there was not read. Quotes nothing of what is in it. */
export class NotRead extends Error {}

export interface Reading {
  /** More is refused. */
  readonly maxBytes: number;
  /** Whether the file may be a link to another. Default: true. */
  readonly follow?: boolean;
}

/**
 * @throws NotRead for what is no regular file, or is too large
 * @throws the system's error, ENOENT when there is none
 */
export function readRegularFile(file: string, { maxBytes, follow = true }: Reading): Buffer {
  check(file, follow ? statSync(file) : lstatSync(file), maxBytes);
  const flags = O_RDONLY | O_NONBLOCK | O_NOCTTY | (follow ? 0 : O_NOFOLLOW);
  const fd = openSync(file, flags);
  try {
    check(file, fstatSync(fd), maxBytes);
    return readAll(fd, file, maxBytes);
  } finally {
    closeSync(fd);
  }
}

function check(
  file: string,
  stat: { isFile(): boolean; isSymbolicLink(): boolean; size: number },
  maxBytes: number,
): void {
  if (stat.isSymbolicLink()) throw new NotRead(`${file} is a link; it was not followed`);
  if (!stat.isFile()) throw new NotRead(`${file} is no regular file`);
  if (stat.size > maxBytes) throw tooLarge(file, maxBytes);
}

/** A file may grow while it is read, and those of /proc have no size. */
function readAll(fd: number, file: string, maxBytes: number): Buffer {
  const chunks: Buffer[] = [];
  for (let total = 0; ;) {
    const chunk = Buffer.allocUnsafe(CHUNK);
    const count = readSync(fd, chunk);
    if (count === 0) return Buffer.concat(chunks);
    chunks.push(chunk.subarray(0, count));
    total += count;
    if (total > maxBytes) throw tooLarge(file, maxBytes);
  }
}

function tooLarge(file: string, maxBytes: number): NotRead {
  return new NotRead(`${file} is larger than the ${maxBytes} bytes that are read`);
}
