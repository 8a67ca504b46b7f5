/** The SQL of the store, prepared once. Nothing else in the kernel knows the tables. */
import type Database from 'better-sqlite3';

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
  readonly pageAfter: Sql<[number], StoredFrame>;
  readonly full: Sql<[number], FullEvent>;
  readonly first: Sql<[], number>;
  readonly last: Sql<[], Place>;
  readonly removeThrough: Sql<[number]>;
  readonly meta: Sql<[string], string>;
  readonly setMeta: Sql<[string, string]>;
}

export function prepareStatements(db: Database.Database): Statements {
  return {
    insert: db.prepare(
      `INSERT INTO events (seq, event_id, delivery_id, source, event_type, frame, payload)
       VALUES (?, ?, ?, ?, ?, CAST(? AS TEXT), ?)`,
    ),
    idByDelivery: db
      .prepare<[string], string>('SELECT event_id FROM events WHERE delivery_id = ?')
      .pluck(),
    idAt: db.prepare<[number], string>('SELECT event_id FROM events WHERE seq = ?').pluck(),
    keylessIdAt: db
      .prepare<[number], string>(
        'SELECT event_id FROM events WHERE seq = ? AND delivery_id IS NULL',
      )
      .pluck(),
    pageAfter: db.prepare(
      'SELECT seq, event_id, CAST(frame AS BLOB) AS frame FROM events WHERE seq > ? ORDER BY seq',
    ),
    full: db.prepare('SELECT CAST(frame AS BLOB) AS frame, payload FROM events WHERE seq = ?'),
    first: db.prepare<[], number>('SELECT seq FROM events ORDER BY seq LIMIT 1').pluck(),
    last: db.prepare('SELECT seq, event_id FROM events ORDER BY seq DESC LIMIT 1'),
    removeThrough: db.prepare('DELETE FROM events WHERE seq <= ?'),
    meta: db.prepare<[string], string>('SELECT value FROM meta WHERE key = ?').pluck(),
    setMeta: db.prepare('INSERT OR REPLACE INTO meta (key, value) VALUES (?, ?)'),
  };
}
