/**
 * Finds in the log the events that a prefilter lets through. The text of a statement depends on the
 * shape of the prefilter only, never on what a client wrote, so that there are few of them.
 */
import type Database from 'better-sqlite3';
import { isOpen, type Prefilter } from './prefilter.js';
import { value } from './statements.js';

/** Positions of events that may match, in order. */
export interface Selection {
  readonly seqs: readonly number[];
  /** No event up to here may match but those of `seqs`. */
  readonly through: number;
}

/** How much of the log is looked at in one go without an index: about two milliseconds. */
const WINDOW_ROWS = 2048;

/** Where the log ends, and how far its index reaches. */
export interface Reach {
  readonly last: number;
  readonly indexed: number;
}

/**
 * @param after the position to begin behind
 * @param maxRows at most this many positions
 */
export function select(
  db: Database.Database,
  prefilter: Prefilter,
  after: number,
  { last, indexed }: Reach,
  maxRows: number,
): Selection {
  if (isOpen(prefilter)) {
    const through = Math.min(last, after + maxRows);
    return { seqs: Array.from({ length: through - after }, (_, at) => after + 1 + at), through };
  }
  const byIndex = prefilter.indexed !== null && after < indexed;
  const through = byIndex ? indexed : Math.min(last, after + WINDOW_ROWS);
  const seqs = value<unknown[], number>(db, byIndex ? inIndex(prefilter) : inLog(prefilter)).all(
    ...valuesOf(prefilter),
    after,
    through,
    maxRows,
  );
  return { seqs, through: seqs.length < maxRows ? through : (seqs.at(-1) ?? through) };
}

/** CROSS JOIN is how SQLite is told which table to read first. */
function inIndex({ oneOf, prefixes }: Prefilter): string {
  const others = conditionsOf({ oneOf, prefixes });
  const events = others.length === 0 ? '' : 'CROSS JOIN events USING (seq)';
  const conditions = ['key = ? AND keys.value = ?', ...others, 'keys.seq > ? AND keys.seq <= ?'];
  return `SELECT keys.seq FROM keys ${events} WHERE ${conditions.join(' AND ')}
    ORDER BY keys.seq LIMIT ?`;
}

function inLog({ oneOf, prefixes, indexed }: Prefilter): string {
  const conditions = [
    ...(indexed === null ? [] : [`json_extract(frame, '$.fields.' || ?) = ?`]),
    ...conditionsOf({ oneOf, prefixes }),
    'seq > ? AND seq <= ?',
  ];
  return `SELECT seq FROM events WHERE ${conditions.join(' AND ')} ORDER BY seq LIMIT ?`;
}

function conditionsOf({ oneOf, prefixes }: Pick<Prefilter, 'oneOf' | 'prefixes'>): string[] {
  return [
    ...oneOf.map(() => 'json_extract(frame, ?) IN (SELECT value FROM json_each(?))'),
    ...prefixes.map(() => 'substr(json_extract(frame, ?), 1, length(?)) = ?'),
  ];
}

function valuesOf({ oneOf, prefixes, indexed }: Prefilter): string[] {
  return [
    ...(indexed === null ? [] : [indexed.key, indexed.value]),
    ...oneOf.flatMap(({ path, values }) => [path, values]),
    ...prefixes.flatMap(({ path, prefix }) => [path, prefix, prefix]),
  ];
}
