/** The SQL of the store, prepared once. Nothing else in the kernel knows the tables. */
import type Database from 'better-sqlite3';
import { statement } from './sqlite.js';

/** An event's place: its position in the log and its id. */
export interface Place {
  readonly seq: number;
  readonly event_id: string;
}

export interface FullEvent {
  readonly frame: Buffer;
  /** JSON in UTF-8, or null. */
  readonly payload: Buffer | null;
}

/** What frames of a stretch of the log take, in bytes. */
export interface Sizes {
  readonly total: number;
  readonly largest: number;
}

type Sql<Parameters extends unknown[], Row = unknown> = Database.Statement<Parameters, Row>;

/** seq, event_id, delivery_id, source, event_type, frame, payload: one row after the other. */
export type RowValues = (number | string | Buffer | null)[];
export const ROW_VALUES = 7;

/** How many rows an insert takes at once; the fewer calls, the faster. */
const INSERT_ROWS = [64, 8, 1] as const;

export interface Statements {
  readonly begin: Sql<[]>;
  readonly commit: Sql<[]>;
  readonly rollback: Sql<[]>;
  readonly inserts: readonly { readonly rows: number; readonly sql: Sql<RowValues> }[];
  readonly idByDelivery: Sql<[string], string>;
  readonly idAt: Sql<[number], string>;
  /** The id there, unless the event has a delivery_id of its own. */
  readonly keylessIdAt: Sql<[number], string>;
  /** Parameters: after this position, through that one. */
  readonly sizes: Sql<[number, number], Sizes>;
  /** The frames of a stretch, each behind four line breaks, which occur in no frame. */
  readonly frames: Sql<[number, number], Buffer>;
  readonly frameAt: Sql<[number], Buffer>;
  readonly full: Sql<[number], FullEvent>;
  readonly first: Sql<[], number>;
  readonly last: Sql<[], Place>;
  readonly removeThrough: Sql<[number]>;
  readonly meta: Sql<[string], string>;
  readonly setMeta: Sql<[string, string]>;
}

export function prepareStatements(db: Database.Database): Statements {
  return {
    begin: statement(db, 'BEGIN IMMEDIATE'),
    commit: statement(db, 'COMMIT'),
    rollback: statement(db, 'ROLLBACK'),
    inserts: INSERT_ROWS.map((rows) => ({
      rows,
      sql: statement<RowValues>(db, insertOf(rows)),
    })),
    idByDelivery: value(db, 'SELECT event_id FROM events WHERE delivery_id = ?'),
    idAt: value(db, 'SELECT event_id FROM events WHERE seq = ?'),
    keylessIdAt: value(db, 'SELECT event_id FROM events WHERE seq = ? AND delivery_id IS NULL'),
    sizes: statement(
      db,
      `SELECT sum(octet_length(frame)) AS total, max(octet_length(frame)) AS largest
       FROM events WHERE seq > ? AND seq <= ?`,
    ),
    frames: value(
      db,
      `SELECT CAST(char(10, 10, 10, 10) || group_concat(frame, char(10, 10, 10, 10)) AS BLOB)
       FROM (SELECT frame FROM events WHERE seq > ? AND seq <= ? ORDER BY seq)`,
    ),
    frameAt: value(db, 'SELECT CAST(frame AS BLOB) FROM events WHERE seq = ?'),
    full: statement(
      db,
      `SELECT CAST(frame AS BLOB) AS frame, CAST(payload AS BLOB) AS payload
       FROM events WHERE seq = ?`,
    ),
    first: value(db, 'SELECT seq FROM events ORDER BY seq LIMIT 1'),
    last: statement(db, 'SELECT seq, event_id FROM events ORDER BY seq DESC LIMIT 1'),
    removeThrough: statement(db, 'DELETE FROM events WHERE seq <= ?'),
    meta: value(db, 'SELECT value FROM meta WHERE key = ?'),
    setMeta: statement(db, 'INSERT OR REPLACE INTO meta (key, value) VALUES (?, ?)'),
  };
}

function insertOf(rows: number): string {
  // A payload may be bytes, which are UTF-8.
  const row = `(${Array<string>(ROW_VALUES - 1)
    .fill('?')
    .join(', ')}, CAST(? AS TEXT))`;
  return `INSERT INTO events (seq, event_id, delivery_id, source, event_type, frame, payload)
    VALUES ${Array<string>(rows).fill(row).join(', ')}`;
}

/** A statement whose rows are the value of their one column. */
export function value<Parameters extends unknown[], Value>(
  db: Database.Database,
  sql: string,
): Sql<Parameters, Value> {
  return statement<Parameters, Value>(db, sql).pluck();
}
