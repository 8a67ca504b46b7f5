/**
 * The schema, one step a version. A step that has been released is never edited; the next change
 * is a new step. `PRAGMA user_version` holds how many steps a file has taken.
 *
 * seq          position in the log; contiguous, because retention removes from the front only
 * event_id     ULID, rises with seq, so a cursor is found by bisection and needs no index
 * delivery_id  idempotency key as a producer gave it; NULL where the event_id serves
 * frame        the event frame as it goes over the wire
 */
export const MIGRATIONS: readonly string[] = [
  `
  CREATE TABLE events (
    seq         INTEGER PRIMARY KEY,
    event_id    TEXT NOT NULL,
    delivery_id TEXT,
    source      TEXT NOT NULL,
    event_type  TEXT NOT NULL,
    frame       TEXT NOT NULL,
    payload     TEXT
  ) STRICT;
  CREATE UNIQUE INDEX events_by_delivery ON events (delivery_id) WHERE delivery_id IS NOT NULL;
  CREATE TABLE meta (
    key   TEXT PRIMARY KEY,
    value TEXT NOT NULL
  ) STRICT, WITHOUT ROWID;
  `,
  // Replaced by the next step.
  ['head_sha', 'msg_to', 'msg_correlation_id']
    .map(
      (key) => `
  CREATE INDEX events_by_${key} ON events (json_extract(frame, '$.fields.${key}'))
    WHERE json_extract(frame, '$.fields.${key}') IS NOT NULL;`,
    )
    .join(''),
  // What is looked for in a long log; see key-index.ts, which fills it.
  `
  DROP INDEX events_by_head_sha;
  DROP INDEX events_by_msg_to;
  DROP INDEX events_by_msg_correlation_id;
  CREATE TABLE keys (
    key   TEXT NOT NULL,
    value TEXT NOT NULL,
    seq   INTEGER NOT NULL,
    PRIMARY KEY (key, value, seq)
  ) STRICT, WITHOUT ROWID;
  `,
  // Durable watches, each with its cursor, and what they took from the log; see watch-tables.ts.
  `
  CREATE TABLE watches (
    id         TEXT PRIMARY KEY,
    name       TEXT NOT NULL,
    asked      TEXT NOT NULL,
    seq        INTEGER NOT NULL,
    event_id   TEXT NOT NULL,
    created_at INTEGER NOT NULL,
    used_at    INTEGER NOT NULL
  ) STRICT, WITHOUT ROWID;
  CREATE TABLE wakes (
    name         TEXT NOT NULL,
    seq          INTEGER NOT NULL,
    event_id     TEXT NOT NULL,
    matched_at   INTEGER NOT NULL,
    delivered_at INTEGER,
    woke_at      INTEGER,
    acked_at     INTEGER,
    PRIMARY KEY (name, seq)
  ) STRICT, WITHOUT ROWID;
  `,
  // What retention removed before a name was woken by it, until somebody was told of it.
  `
  CREATE TABLE watch_gaps (
    name  TEXT PRIMARY KEY,
    after TEXT NOT NULL,
    floor TEXT NOT NULL
  ) STRICT, WITHOUT ROWID;
  `,
  // What is held, each as JSON; see hold-table.ts.
  `
  CREATE TABLE holds (
    token TEXT PRIMARY KEY,
    kept  TEXT NOT NULL
  ) STRICT;
  `,
];

/** "wbus" in ASCII: tells our files from other SQLite files. */
export const APPLICATION_ID = 0x77627573;
