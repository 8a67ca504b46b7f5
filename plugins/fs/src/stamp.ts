/**
 * What tells one state of a file from another, as lstat(2) sees it. Reads only metadata.
 */
import { lstatSync } from 'node:fs';

export interface Stamp {
  readonly kind: 'file' | 'symlink' | 'directory' | 'other';
  readonly size: bigint;
  readonly mtimeNs: bigint;
  readonly links: bigint;
  /** Inode, size and modification time in one string: equal when no save was seen in between. */
  readonly text: string;
}

/** The stamp of a path, not following a symlink; null when it is gone or out of reach. */
export function readStamp(path: string): Stamp | null {
  try {
    const stat = lstatSync(path, { bigint: true, throwIfNoEntry: false });
    if (stat === undefined) return null;
    return {
      kind: stat.isFile()
        ? 'file'
        : stat.isSymbolicLink()
          ? 'symlink'
          : stat.isDirectory()
            ? 'directory'
            : 'other',
      size: stat.size,
      mtimeNs: stat.mtimeNs,
      links: stat.nlink,
      text: `${stat.ino}.${stat.size}.${stat.mtimeNs}`,
    };
  } catch {
    return null;
  }
}
