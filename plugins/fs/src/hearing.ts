/**
 * What a waiter hears of, and what is found of its conditions: the shapes that the checks of a wait
 * hand to each other. Reads where symlinks lead; watches nothing.
 */
import { resolve } from 'node:path';
import type { Waiter } from '@waitbus/plugin-sdk';
import { follow } from './follow.js';
import type { IgnoreRules } from './ignore-rules.js';
import { isWithin } from './wishes.js';

/** One line for who waits. */
export interface Note {
  readonly code: string;
  /** `impossible`: it cannot come at all. `warning`: it cannot as things are. */
  readonly level: 'warning' | 'impossible';
  readonly detail: string;
  readonly remedy?: string;
  /** Which of the waiter's alternatives it is about. */
  readonly alternative: number;
}

export type Finding = Omit<Note, 'alternative'>;

/** A directory as it is asked for, and without symlinks. */
export interface Place {
  readonly given: string;
  readonly real: string;
}

/** A root and what is left out below it. */
export interface CheckedRoot extends Place {
  readonly rules: Pick<IgnoreRules, 'ignoredBy'>;
}

/** What a waiter hears of. */
export interface Hearing {
  readonly cwd: string | null;
  readonly roots: readonly CheckedRoot[];
  /** Roots that go with those who asked for them. */
  readonly others: readonly Place[];
}

/**
 * @param roots those that are configured, and the waiter's own
 * @param others the directories of others who wait: what is told to them is heard while they do
 */
export function hearingOf(
  { cwd }: Pick<Waiter, 'cwd'>,
  roots: readonly CheckedRoot[],
  others: readonly Place[],
): Hearing {
  const own = cwd === null ? null : placeOf(cwd);
  return {
    cwd: own?.real ?? null,
    roots: roots.filter((root) => hears(own, root)),
    others: others.filter((place) => hears(own, place)),
  };
}

export function placeOf(path: string): Place {
  const given = resolve(path);
  return { given, real: follow(given).real };
}

/** A waiter hears of what lies under its own directory only, and one without a directory of all. */
function hears(own: Place | null, { given, real }: Place): boolean {
  return own === null || isAtOrBelow(given, own.given) || isAtOrBelow(real, own.real);
}

export function isAtOrBelow(path: string, directory: string): boolean {
  return path === directory || isWithin(path, directory);
}

/** Whether a root of others may bring it; who has no directory hears of every root to come. */
export function mayCome(real: string, op: '=' | '^=', { cwd, others }: Hearing): boolean {
  if (cwd === null) return true;
  return others.some(
    (other) => isWithin(real, other.real) || (op === '^=' && leadsInto(real, other)),
  );
}

/** Whether a prefix ends at a root or above it. */
export function leadsInto(prefix: string, { real }: Place): boolean {
  return `${real}/`.startsWith(prefix);
}
