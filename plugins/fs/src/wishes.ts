/**
 * What those who wait ask for beyond what everybody is told: event types that are told on request,
 * and paths that they spell otherwise than their root. Pure but for the look at symlinks.
 */
import { resolve } from 'node:path';
import type { Condition, Waiter } from '@waitbus/plugin-sdk';
import type { Place } from './engine.js';
import { follow } from './follow.js';

/** A directory by the name that a condition on the path gives it, where that is not its own. */
export interface Spelling {
  readonly given: string;
  readonly real: string;
  /** The directory of the waiter. */
  readonly cwd: string;
  /** Whether this path is what the condition asks for. */
  readonly asks: (path: string) => boolean;
}

const CREATED = 'fs_create';

export interface Wishes {
  /** Whether somebody waits for `fs_create`. */
  readonly created: boolean;
  readonly spellings: readonly Spelling[];
}

export const NO_WISHES: Wishes = { created: false, spellings: [] };

export function wishesOf(waiters: readonly Waiter[]): Wishes {
  const spellings: Spelling[] = [];
  let created = false;
  for (const { cwd, anyOf } of waiters) {
    for (const condition of anyOf.flat()) {
      if (asksForCreated(condition)) created = true;
      const spelling = cwd === null ? null : spellingOf(condition, resolve(cwd));
      if (spelling !== null) spellings.push(spelling);
    }
  }
  return { created, spellings };
}

/** The places of a path in the spellings that were asked for and are none of its own. */
export function otherPlaces(
  real: string,
  places: readonly Place[],
  { spellings }: Wishes,
): readonly (Place & { readonly rootPath: string })[] {
  const found = new Map<string, Place & { readonly rootPath: string }>();
  for (const spelling of spellings) {
    if (!isWithin(real, spelling.real)) continue;
    const path = join(spelling.given, real.slice(spelling.real === '/' ? 0 : spelling.real.length));
    const own = places.find((place) => isWithin(place.path, spelling.cwd));
    if (own === undefined || !spelling.asks(path)) continue;
    // Told to this waiter already: under a root of another it would not be.
    if (places.some((place) => place.path === path && isWithin(path, spelling.cwd))) continue;
    found.set(`${own.path}\0${path}`, { root: own.root, path, rootPath: own.path });
  }
  return [...found.values()];
}

/** Whether a condition names `fs_create`; one that merely lets it pass does not. */
export function asksForCreated({ key, op, value }: Condition): boolean {
  if (key !== 'event_type' && key !== 'fields.event_type') return false;
  return op === '='
    ? value === CREATED
    : op === '^=' && typeof value === 'string' && CREATED.startsWith(value);
}

function spellingOf({ key, op, value }: Condition, cwd: string): Spelling | null {
  if (key !== 'fields.path' || typeof value !== 'string' || !value.startsWith('/')) return null;
  if (op !== '=' && op !== '^=') return null;
  const given = value.slice(0, value.lastIndexOf('/')) || '/';
  const { real } = follow(given);
  // Its own spelling is not that of the root where the root is asked for through a symlink.
  if (real === given && follow(cwd).real === cwd) return null;
  const asks = (path: string): boolean => (op === '=' ? path === value : path.startsWith(value));
  return { given, real, cwd, asks };
}

export function isWithin(path: string, directory: string): boolean {
  return path.startsWith(directory === '/' ? '/' : `${directory}/`);
}

function join(directory: string, below: string): string {
  return directory === '/' ? below : directory + below;
}
