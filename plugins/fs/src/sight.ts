/**
 * One look at the way to a root: how far it exists, and what stands where it ends. Everything that
 * is decided about a root is decided from one such look, never from two: between two looks the root
 * may appear. Reads metadata only; watches nothing.
 */
import { lstatSync } from 'node:fs';
import { dirname } from 'node:path';
import { follow, type Point } from './follow.js';

export interface Sight {
  /** The path without symlinks, as far as it exists. */
  readonly real: string;
  /** The symlinks on the way. */
  readonly links: readonly Point[];
  /** The deepest directory on the way that is there; `real` itself when the root is. */
  readonly reached: string;
  /** What stands at the next name of the way, a file or a link to nothing say; empty when none. */
  readonly obstacle: string;
}

export function lookAt(path: string): Sight {
  const { real, links } = follow(path);
  let obstacle = '';
  for (let at = real; ; at = dirname(at)) {
    const kind = kindOf(at);
    if (kind === 'directory' || at === dirname(at)) return { real, links, reached: at, obstacle };
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
