/**
 * One look at the way to a root: how far it exists, and what stands where it ends. Everything that
 * is decided about a root is decided from one such look, never from two: between two looks the root
 * may appear. Reads metadata only; watches nothing.
 */
import { lstatSync, realpathSync } from 'node:fs';
import { dirname, join } from 'node:path';

export interface Sight {
  /** The path without symlinks, as far as it exists. */
  readonly real: string;
  /** The deepest directory on the way that is there; `real` itself when the root is. */
  readonly reached: string;
  /** What stands at the next name of the way, a file or a link to nothing say; empty when none. */
  readonly obstacle: string;
}

export function lookAt(path: string): Sight {
  const real = resolveReal(path);
  let obstacle = '';
  for (let at = real; ; at = dirname(at)) {
    const kind = kindOf(at);
    if (kind === 'directory' || at === dirname(at)) return { real, reached: at, obstacle };
    obstacle = kind;
  }
}

/** Whether nothing has changed between two looks. */
export function sameSight(one: Sight | undefined, other: Sight | undefined): boolean {
  return (
    one?.real === other?.real &&
    one?.reached === other?.reached &&
    one?.obstacle === other?.obstacle
  );
}

/** `directory`, nothing, or which other thing it is. */
function kindOf(path: string): string {
  try {
    const stat = lstatSync(path, { bigint: true });
    return stat.isDirectory() ? 'directory' : `${stat.ino}`;
  } catch {
    return '';
  }
}

function resolveReal(path: string): string {
  try {
    return realpathSync(path);
  } catch {
    const parent = dirname(path);
    return parent === path ? path : join(resolveReal(parent), path.slice(join(parent, '/').length));
  }
}
