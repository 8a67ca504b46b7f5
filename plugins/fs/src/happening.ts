/**
 * What may happen to a name, and how long each is waited with before it is judged. Pure.
 */
import type { Directory, WatchedRoot } from './tree.js';

/**
 * `closed`: a writer closed it. `placed`: renamed to this name. `found`: a scan came upon it.
 * `created`: the name is new, its content perhaps to come. `modified`: its content changed, a close
 * perhaps to come. `behind`: the file that the symlink of this name leads to may have changed.
 * `gone`: deleted or renamed away.
 */
export type Happening = 'closed' | 'placed' | 'found' | 'created' | 'modified' | 'behind' | 'gone';

/** A name that is to be looked at later. `stamp`: what it looked like, when that is compared. */
export interface Postponed {
  readonly directory: Directory;
  readonly name: string;
  readonly root: WatchedRoot;
  readonly reason: Happening;
  readonly attempt: number;
  readonly stamp: string;
}

/** Milliseconds. */
export const DELAY = {
  /** A new name that was closed may be an unknown tool's temporary file, about to be renamed. */
  newborn: 2,
  /** The same for a name that has the form of a known tool's temporary file, or of a word. */
  possible: 50,
  /** The same for one that has that form for sure: what is still there then has come to rest. */
  likely: 1000,
  /** A name that was created without a close was linked, or is being written. */
  created: 20,
  /** A content that changed without a close was truncated, or is being written. */
  modified: 20,
  /** A name that goes may come back: editors replace files. */
  gone: 50,
  /** A file whose writer cannot be asked about is finished when it stays as it is for as long. */
  unknown: 1200,
  /** Between looks at a file that is open under a name we may not hear of. */
  busyLongest: 1000,
} as const;

/** After that the directory around a name that came back is taken to be ignored. */
export const MAX_CONFIRMATIONS = 100;

/** Whether what happens to a name of which something is known already tells nothing new. */
export function addsNothing(happening: Happening, before: Happening): boolean {
  if (happening === 'modified' || happening === 'behind') return true;
  return happening === 'found' && !['gone', 'modified', 'behind'].includes(before);
}
