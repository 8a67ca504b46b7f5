/**
 * The way that a path takes through symlinks: where it ends, and which names on it decide that.
 * Reads links only; watches nothing.
 */
import { readlinkSync } from 'node:fs';
import { join } from 'node:path';
import { systemPath } from './file-name.js';

/** A name in a directory that is given without symlinks. */
export interface Point {
  readonly directory: string;
  readonly name: string;
}

export interface Way {
  /** The path without symlinks, as far as it exists; what does not is left as it was written. */
  readonly real: string;
  /** The symlinks on the way, in order. */
  readonly links: readonly Point[];
}

/** As many as the kernel follows. */
const MAX_LINKS = 40;

export function follow(path: string): Way {
  let real = '/';
  const rest = segmentsOf(path);
  const links: Point[] = [];
  while (rest.length > 0) {
    const name = rest.shift() as string;
    if (name === '..') {
      real = join(real, '..');
      continue;
    }
    const target = links.length < MAX_LINKS ? targetOf(join(real, name)) : null;
    if (target === null) {
      real = join(real, name);
      continue;
    }
    links.push({ directory: real, name });
    if (target.startsWith('/')) real = '/';
    rest.unshift(...segmentsOf(target));
  }
  return { real, links };
}

function segmentsOf(path: string): string[] {
  return path.split('/').filter((segment) => segment !== '' && segment !== '.');
}

/** null when it is no symlink. */
function targetOf(path: string): string | null {
  try {
    return readlinkSync(systemPath(path), 'utf8');
  } catch {
    return null;
  }
}
