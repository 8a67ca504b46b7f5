/**
 * The index of the keys that are looked for in a long log (`INDEXED_KEYS`). It is filled behind the
 * log, many events at a time and in the order of their values: an entry a commit would touch a page
 * of its own each time, which costs more than the event itself. What the index does not reach yet
 * is looked for in the events (see `select.ts`), so an answer is the same either way.
 */
import type Database from 'better-sqlite3';
import { INDEXED_KEYS, MAX_INDEXED_LENGTH } from './prefilter.js';
import { reachOf } from './select.js';
import { statement } from './sqlite.js';
import { value as valueOf } from './statements.js';

interface Entry {
  readonly key: string;
  readonly value: string;
  readonly seq: number;
}

/** So many events are sorted together. */
const BATCH_EVENTS = 8192;
/** What a step takes, about a millisecond: so many events read, or so many entries written. */
const READ_EVENTS = 256;
const WRITE_ENTRIES = 64;
/** Larger events are fewer. */
const READ_BYTES = 512 * 1024;

const THROUGH = 'indexed_through';

export class KeyIndex {
  readonly #sql: ReturnType<typeof prepare>;
  /** Every event up to here has its entries. */
  #through: number;
  /** What was read of the batch at hand: its last event, and its entries. */
  #read: number;
  #entries: Entry[] = [];
  /** Of the sorted entries, how many are written; null while the batch is still being read. */
  #written: number | null = null;
  /** The position of the newest event that was removed. */
  #floor: number;

  constructor(db: Database.Database, floor: number) {
    this.#sql = prepare(db);
    this.#floor = floor;
    this.#through = Math.max(floor, Number(this.#sql.meta.get(THROUGH) ?? 0));
    this.#read = this.#through;
  }

  get through(): number {
    return this.#through;
  }

  /**
   * Does a little of what is to be done.
   * @param last the position of the newest event
   * @returns about how many pages the write-ahead log grew by
   */
  step(last: number): number {
    if (this.#written !== null) return this.#write(this.#written);
    this.#readOn(last);
    return 0;
  }

  /** Removes the entries of the oldest events; to be called before these go, in one transaction. */
  removeThrough(through: number): void {
    for (const { key, value, seq } of this.#entriesOf(this.#floor, through)) {
      this.#sql.remove.run(key, value, seq);
    }
  }

  /** The transaction that removed them is committed. */
  removedThrough(through: number): void {
    this.#floor = through;
    this.#through = Math.max(this.#through, through);
    this.#read = Math.max(this.#read, through);
  }

  #readOn(last: number): void {
    const most = Math.min(last, this.#read + READ_EVENTS, this.#through + BATCH_EVENTS);
    const through = reachOf(this.#sql.begin.database, this.#read, most, READ_BYTES);
    this.#entries.push(...this.#entriesOf(this.#read, through));
    this.#read = through;
    if (through < last && through < this.#through + BATCH_EVENTS) return;
    this.#entries.sort(byValue);
    this.#written = 0;
  }

  /** A batch that is cut short is written again after the next start: entries are a set. */
  #write(written: number): number {
    const { begin, commit, rollback, insert, setMeta } = this.#sql;
    const end = Math.min(written + WRITE_ENTRIES, this.#entries.length);
    const isLast = end === this.#entries.length;
    begin.run();
    try {
      for (const { key, value, seq } of this.#entries.slice(written, end)) {
        if (seq > this.#floor) insert.run(key, value, seq);
      }
      if (isLast) setMeta.run(THROUGH, String(this.#read));
      commit.run();
    } catch (cause) {
      if (begin.database.inTransaction) rollback.run();
      throw cause;
    }
    this.#written = isLast ? null : end;
    if (isLast) {
      this.#entries = [];
      this.#through = this.#read;
    }
    return 1 + end - written;
  }

  #entriesOf(after: number, through: number): Entry[] {
    return this.#sql.read.all(after, through).flatMap((row) =>
      INDEXED_KEYS.flatMap((key) => {
        const value = row[key];
        const isIndexed = typeof value === 'string' && value.length <= MAX_INDEXED_LENGTH;
        return isIndexed ? [{ key, value, seq: row.seq }] : [];
      }),
    );
  }
}

function byValue(one: Entry, other: Entry): number {
  if (one.key !== other.key) return one.key < other.key ? -1 : 1;
  if (one.value !== other.value) return one.value < other.value ? -1 : 1;
  return one.seq - other.seq;
}

type Row = { readonly seq: number } & Readonly<Record<string, unknown>>;

function prepare(db: Database.Database) {
  const columns = INDEXED_KEYS.map((key) => `json_extract(frame, '$.fields.${key}') AS ${key}`);
  return {
    begin: statement<[]>(db, 'BEGIN IMMEDIATE'),
    commit: statement<[]>(db, 'COMMIT'),
    rollback: statement<[]>(db, 'ROLLBACK'),
    read: statement<[number, number], Row>(
      db,
      `SELECT seq, ${columns.join(', ')} FROM events WHERE seq > ? AND seq <= ?`,
    ),
    insert: statement<[string, string, number]>(db, 'INSERT OR IGNORE INTO keys VALUES (?, ?, ?)'),
    remove: statement<[string, string, number]>(
      db,
      'DELETE FROM keys WHERE key = ? AND value = ? AND seq = ?',
    ),
    meta: valueOf<[string], string>(db, 'SELECT value FROM meta WHERE key = ?'),
    setMeta: statement<[string, string]>(
      db,
      'INSERT OR REPLACE INTO meta (key, value) VALUES (?, ?)',
    ),
  };
}
