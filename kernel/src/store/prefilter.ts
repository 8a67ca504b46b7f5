/**
 * Predicate pushdown: the part of a predicate that SQLite can decide on stored frames, so that a
 * replay reads out of the file only what may match. It may let too much through and never too
 * little: whoever reads still runs the whole predicate.
 */
import type { Literal, Path, Predicate, Term } from '../predicate/index.js';

/** Conditions that all must hold of a stored frame. */
export interface Prefilter {
  /** The value at a JSON path is one of a JSON list. */
  readonly oneOf: readonly { readonly path: string; readonly values: string }[];
  /** The text at a JSON path begins with another. */
  readonly prefixes: readonly { readonly path: string; readonly prefix: string }[];
  /** The value of an indexed key equals a text. */
  readonly indexed: { readonly key: IndexedKey; readonly value: string } | null;
}

/** Keys of `fields` that are indexed: what is looked for in a long log. */
export const INDEXED_KEYS = ['head_sha', 'msg_to', 'msg_correlation_id'] as const;
/** A longer text is not in the index, in UTF-16 units. */
export const MAX_INDEXED_LENGTH = 256;
export type IndexedKey = (typeof INDEXED_KEYS)[number];

/** More conditions save nothing, and every shape is a statement that is kept for good. */
const MAX_CONDITIONS = 4;
const PLAIN_KEY = /^[A-Za-z_][A-Za-z0-9_-]*$/;
const MAX_EXACT = 2 ** 53;

/** What SQLite can decide of a conjunction. */
export function prefilterOf({ terms }: Predicate): Prefilter {
  const oneOf: { path: string; values: string }[] = [];
  const prefixes: { path: string; prefix: string }[] = [];
  let indexed: Prefilter['indexed'] = null;
  for (const term of terms) {
    const path = jsonPath(term.path);
    if (path === null || !isPushable(term)) continue;
    const asked: Prefilter['indexed'] = indexed === null ? indexedEquality(term) : null;
    if (asked !== null) indexed = asked;
    else if (oneOf.length + prefixes.length >= MAX_CONDITIONS) continue;
    else if (term.kind === 'one-of') oneOf.push({ path, values: JSON.stringify(term.values) });
    else prefixes.push({ path, prefix: term.value as string });
  }
  return { oneOf, prefixes, indexed };
}

/** Whether it narrows at all. */
export function isOpen({ oneOf, prefixes, indexed }: Prefilter): boolean {
  return oneOf.length === 0 && prefixes.length === 0 && indexed === null;
}

/** A segment that is a number may index a list, which the path of SQLite does not express so. */
function jsonPath(path: Path): string | null {
  return path.every((segment) => PLAIN_KEY.test(segment))
    ? `$${path.map((segment) => `."${segment}"`).join('')}`
    : null;
}

function isPushable(term: Term): boolean {
  if (term.kind === 'one-of') return term.values.every(isSameInSqlite);
  return term.operator === '^=' && isSameInSqlite(term.value);
}

/**
 * Whether SQLite reads this literal and an equal value of a frame as the same value. Not so for
 * null, which it does not tell from a missing key, for integers that a double rounds, for text that
 * UTF-8 cannot carry, and for lists and objects, which it compares as text.
 */
function isSameInSqlite(value: Literal): boolean {
  switch (typeof value) {
    case 'string':
      return value.isWellFormed() && !value.includes('\0');
    case 'number':
      return Math.abs(value) < MAX_EXACT;
    default:
      return typeof value === 'boolean';
  }
}

function indexedEquality(term: Term): Prefilter['indexed'] {
  if (term.kind !== 'one-of' || term.values.length !== 1 || term.path.length !== 2) return null;
  const [root, name] = term.path;
  const key = INDEXED_KEYS.find((indexedKey) => indexedKey === name);
  const [value] = term.values;
  if (root !== 'fields' || key === undefined || typeof value !== 'string') return null;
  return value.length <= MAX_INDEXED_LENGTH ? { key, value } : null;
}
