/**
 * What tells one state of a file from another, as lstat(2) sees it. Reads only metadata.
 */
import { lstatSync, statSync, type BigIntStats } from 'node:fs';
import { systemPath } from './file-name.js';

export type Kind = 'file' | 'symlink' | 'directory' | 'socket' | 'fifo' | 'device';

export interface Stamp {
  readonly kind: Kind;
  readonly size: bigint;
  readonly mtimeNs: bigint;
  readonly links: bigint;
  /** Inode, size and modification time in one string: equal when no save was seen in between. */
  readonly text: string;
}

/** The stamp of a path, not following a symlink; null when it is gone or out of reach. */
export function readStamp(path: string): Stamp | null {
  return read(path, lstatSync);
}

/** The stamp of what a symlink leads to. */
export function readStampBehind(path: string): Stamp | null {
  return read(path, statSync);
}

function read(path: string, look: typeof lstatSync): Stamp | null {
  try {
    const stat = look(systemPath(path), { bigint: true, throwIfNoEntry: false });
    return stat === undefined ? null : stampOf(stat);
  } catch {
    return null;
  }
}

export function stampOf(stat: BigIntStats): Stamp {
  return {
    kind: kindOf(stat),
    size: stat.size,
    mtimeNs: stat.mtimeNs,
    links: stat.nlink,
    text: `${stat.ino}.${stat.size}.${stat.mtimeNs}`,
  };
}

/** What a directory entry or a stat says of itself. */
interface Typed {
  isFile(): boolean;
  isSymbolicLink(): boolean;
  isDirectory(): boolean;
  isSocket(): boolean;
  isFIFO(): boolean;
}

export function kindOf(typed: Typed): Kind {
  if (typed.isFile()) return 'file';
  if (typed.isSymbolicLink()) return 'symlink';
  if (typed.isDirectory()) return 'directory';
  if (typed.isSocket()) return 'socket';
  return typed.isFIFO() ? 'fifo' : 'device';
}
