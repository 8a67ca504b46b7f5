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

/**
 * @param after the position to begin behind; `last` is that of the newest event
 * @param maxRows at most this many positions
 */
export function select(
  db: Database.Database,
  prefilter: Prefilter,
  after: number,
  last: number,
  maxRows: number,
): Selection {
  if (isOpen(prefilter)) {
    const through = Math.min(last, after + maxRows);
    return { seqs: Array.from({ length: through - after }, (_, at) => after + 1 + at), through };
  }
  const through = prefilter.indexed === null ? Math.min(last, after + WINDOW_ROWS) : last;
  const seqs = value<unknown[], number>(db, textOf(prefilter)).all(
    ...valuesOf(prefilter),
    after,
    through,
    maxRows,
  );
  return { seqs, through: seqs.length < maxRows ? through : (seqs.at(-1) ?? through) };
}

function textOf({ oneOf, prefixes, indexed }: Prefilter): string {
  const conditions = [
    ...(indexed === null ? [] : [`${keyExpression(indexed.key)} = ?`]),
    ...oneOf.map(() => 'json_extract(frame, ?) IN (SELECT value FROM json_each(?))'),
    ...prefixes.map(() => 'substr(json_extract(frame, ?), 1, length(?)) = ?'),
    'seq > ? AND seq <= ?',
  ];
  const index = indexed === null ? '' : `INDEXED BY events_by_${indexed.key}`;
  return `SELECT seq FROM events ${index} WHERE ${conditions.join(' AND ')} ORDER BY seq LIMIT ?`;
}

function valuesOf({ oneOf, prefixes, indexed }: Prefilter): string[] {
  return [
    ...(indexed === null ? [] : [indexed.value]),
    ...oneOf.flatMap(({ path, values }) => [path, values]),
    ...prefixes.flatMap(({ path, prefix }) => [path, prefix, prefix]),
  ];
}

/** As the index has it, to the letter: SQLite compares expressions so. */
function keyExpression(key: string): string {
  return `json_extract(frame, '$.fields.${key}')`;
}
