/** The SQL of the store, prepared once. Nothing else in the kernel knows the tables. */
import type Database from 'better-sqlite3';
import { statement } from './sqlite.js';

/** An event's place: its position in the log and its id. */
export interface Place {
  readonly seq: number;
  readonly event_id: string;
}

export interface StoredFrame extends Place {
  /** The frame's JSON. */
  readonly frame: Buffer;
}

export interface FullEvent {
  readonly frame: Buffer;
  /** JSON text, or null. */
  readonly payload: string | null;
}

type Sql<Parameters extends unknown[], Row = unknown> = Database.Statement<Parameters, Row>;

export interface Statements {
  readonly insert: Sql<[number, string, string | null, string, string, Buffer, string | null]>;
  readonly idByDelivery: Sql<[string], string>;
  readonly idAt: Sql<[number], string>;
  /** The id there, unless the event has a delivery_id of its own. */
  readonly keylessIdAt: Sql<[number], string>;
  /** Parameters: a position, how many. */
  readonly sizesAfter: Sql<[number, number], number>;
  readonly framesAfter: Sql<[number, number], StoredFrame>;
  readonly full: Sql<[number], FullEvent>;
  readonly first: Sql<[], number>;
  readonly last: Sql<[], Place>;
  readonly removeThrough: Sql<[number]>;
  readonly meta: Sql<[string], string>;
  readonly setMeta: Sql<[string, string]>;
}

export function prepareStatements(db: Database.Database): Statements {
  return {
    insert: statement(
      db,
      `INSERT INTO events (seq, event_id, delivery_id, source, event_type, frame, payload)
       VALUES (?, ?, ?, ?, ?, CAST(? AS TEXT), ?)`,
    ),
    idByDelivery: value(db, 'SELECT event_id FROM events WHERE delivery_id = ?'),
    idAt: value(db, 'SELECT event_id FROM events WHERE seq = ?'),
    keylessIdAt: value(db, 'SELECT event_id FROM events WHERE seq = ? AND delivery_id IS NULL'),
    sizesAfter: value(
      db,
      'SELECT octet_length(frame) FROM events WHERE seq > ? ORDER BY seq LIMIT ?',
    ),
    framesAfter: statement(
      db,
      `SELECT seq, event_id, CAST(frame AS BLOB) AS frame FROM events
       WHERE seq > ? ORDER BY seq LIMIT ?`,
    ),
    full: statement(db, 'SELECT CAST(frame AS BLOB) AS frame, payload FROM events WHERE seq = ?'),
    first: value(db, 'SELECT seq FROM events ORDER BY seq LIMIT 1'),
    last: statement(db, 'SELECT seq, event_id FROM events ORDER BY seq DESC LIMIT 1'),
    removeThrough: statement(db, 'DELETE FROM events WHERE seq <= ?'),
    meta: value(db, 'SELECT value FROM meta WHERE key = ?'),
    setMeta: statement(db, 'INSERT OR REPLACE INTO meta (key, value) VALUES (?, ?)'),
  };
}

/** A statement whose rows are the value of their one column. */
function value<Parameters extends unknown[], Value>(
  db: Database.Database,
  sql: string,
): Sql<Parameters, Value> {
  return statement<Parameters, Value>(db, sql).pluck();
}
