/**
 * Finds in the log the events that a prefilter lets through. The text of a statement depends on the
 * shape of the prefilter only, never on what a client wrote, so that there are few of them.
 */
import type Database from 'better-sqlite3';
import { isOpen, type Prefilter } from './prefilter.js';
import { statement } from './sqlite.js';
import { value } from './statements.js';

/** Positions of events that may match, in order. */
export interface Selection {
  readonly seqs: readonly number[];
  /** No event up to here may match but those of `seqs`. */
  readonly through: number;
}

/** How much of the log is looked at in one go without an index: about two milliseconds. */
const WINDOW_ROWS = 2048;
/** And what their frames may have together, in bytes. */
const WINDOW_BYTES = 2 * 1024 * 1024;

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
  const through = byIndex
    ? reachOfIndex(db, prefilter, after, indexed)
    : reachOf(db, after, Math.min(last, after + WINDOW_ROWS));
  const seqs = value<unknown[], number>(db, byIndex ? inIndex(prefilter) : inLog(prefilter)).all(
    ...valuesOf(prefilter),
    after,
    through,
    maxRows,
  );
  return { seqs, through: seqs.length < maxRows ? through : (seqs.at(-1) ?? through) };
}

/**
 * How far frames may be read in one go: through a position at or before `through`, one event at
 * least, and not more of them than have so many bytes. Reads sizes, no frame.
 */
export function reachOf(
  db: Database.Database,
  after: number,
  through: number,
  maxBytes = WINDOW_BYTES,
): number {
  const total = value<[number, number], number | null>(db, TOTAL);
  let reach = through;
  while (reach > after + 1 && (total.get(after, reach) ?? 0) > maxBytes) {
    reach = after + Math.ceil((reach - after) / 2);
  }
  return reach;
}

const TOTAL = 'SELECT sum(octet_length(frame)) FROM events WHERE seq > ? AND seq <= ?';

/** The same among the events that the index names; of no matter when no frame is read for them. */
function reachOfIndex(
  db: Database.Database,
  { oneOf, prefixes, indexed }: Prefilter,
  after: number,
  through: number,
): number {
  if (indexed === null || (oneOf.length === 0 && prefixes.length === 0)) return through;
  const named = statement<unknown[], { seq: number; bytes: number }>(db, NAMED);
  const rows = named.all(indexed.key, indexed.value, after, through, WINDOW_ROWS);
  let bytes = 0;
  for (const [at, row] of rows.entries()) {
    bytes += row.bytes;
    if (bytes > WINDOW_BYTES && at > 0) return row.seq - 1;
  }
  return rows.length < WINDOW_ROWS ? through : (rows.at(-1)?.seq ?? through);
}

const NAMED = `SELECT keys.seq AS seq, octet_length(frame) AS bytes
  FROM keys CROSS JOIN events USING (seq)
  WHERE key = ? AND keys.value = ? AND keys.seq > ? AND keys.seq <= ?
  ORDER BY keys.seq LIMIT ?`;

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
