/**
 * The tables of durable watches: what each asks for, how far it has read, and what became of every
 * event that it took. Times are in milliseconds since the epoch.
 */
import type Database from 'better-sqlite3';
import { statement } from './sqlite.js';
import { value } from './statements.js';

export interface WatchRow {
  readonly id: string;
  /** Whom it wakes. */
  readonly name: string;
  /** The request, as JSON text. */
  readonly asked: string;
  /** Everything up to here was looked at. */
  readonly seq: number;
  readonly event_id: string;
  readonly created_at: number;
  /** When somebody last registered it or took from it. */
  readonly used_at: number;
}

export interface WakeRow {
  readonly name: string;
  readonly seq: number;
  readonly event_id: string;
  readonly matched_at: number;
  readonly delivered_at: number | null;
  readonly woke_at: number | null;
  readonly acked_at: number | null;
}

/** An event that a watch took, and the place up to which that watch has looked now. */
export interface Looked {
  readonly watch: WatchRow;
  readonly through: { readonly seq: number; readonly eventId: string };
  readonly matched: readonly { readonly seq: number; readonly eventId: string }[];
  readonly now: number;
}

export class WatchTables {
  readonly #db: Database.Database;
  readonly #run: <T>(work: () => T) => T;

  /** @param run runs a piece of work, and explains what SQLite throws */
  constructor(db: Database.Database, run: <T>(work: () => T) => T) {
    this.#db = db;
    this.#run = run;
  }

  /** All watches, or those of one name, in the order in which they were made. */
  watches(name: string | null): readonly WatchRow[] {
    return this.#all(
      'SELECT * FROM watches WHERE ? IS NULL OR name = ? ORDER BY created_at, id',
      name,
      name,
    );
  }

  count(): number {
    return this.#run(() => value<[], number>(this.#db, 'SELECT count(*) FROM watches').get() ?? 0);
  }

  add({ id, name, asked, seq, event_id: eventId, created_at: created, used_at: used }: WatchRow) {
    const sql = 'INSERT INTO watches VALUES (?, ?, ?, ?, ?, ?, ?)';
    this.#change(sql, id, name, asked, seq, eventId, created, used);
  }

  used(name: string, now: number): void {
    this.#change('UPDATE watches SET used_at = ? WHERE name = ? AND used_at < ?', now, name, now);
  }

  /** @param id null for all of the name @returns how many there were */
  remove(name: string, id: string | null): number {
    return this.#inOne(() => {
      const sql = 'DELETE FROM watches WHERE name = ? AND (? IS NULL OR id = ?)';
      const removed = this.#change(sql, name, id, id);
      this.#dropForgotten();
      return removed;
    });
  }

  /** Removes the watches that nobody has used since. @returns how many there were */
  removeUnused(before: number): number {
    return this.#inOne(() => {
      const removed = this.#change('DELETE FROM watches WHERE used_at < ?', before);
      this.#dropForgotten();
      return removed;
    });
  }

  /** The cursor moves, and what was matched on the way is there to be taken: both or neither. */
  looked({ watch, through, matched, now }: Looked): void {
    this.#inOne(() => {
      for (const { seq, eventId } of matched) {
        const sql =
          'INSERT OR IGNORE INTO wakes (name, seq, event_id, matched_at) VALUES (?, ?, ?, ?)';
        this.#change(sql, watch.name, seq, eventId, now);
      }
      const sql = 'UPDATE watches SET seq = ?, event_id = ? WHERE id = ?';
      this.#change(sql, through.seq, through.eventId, watch.id);
    });
  }

  /** What has not woken its name yet, the oldest first. */
  waiting(name: string, limit: number): readonly WakeRow[] {
    return this.#all(
      `SELECT * FROM wakes WHERE name = ? AND woke_at IS NULL AND acked_at IS NULL
       ORDER BY seq LIMIT ?`,
      name,
      limit,
    );
  }

  /** Everything that was taken, the newest first. */
  wakes(name: string | null, limit: number): readonly WakeRow[] {
    return this.#all(
      'SELECT * FROM wakes WHERE ? IS NULL OR name = ? ORDER BY seq DESC, name LIMIT ?',
      name,
      name,
      limit,
    );
  }

  delivered(name: string, seqs: readonly number[], now: number): void {
    const sql = 'UPDATE wakes SET delivered_at = ? WHERE name = ? AND seq = ?';
    this.#inOne(() => seqs.forEach((seq) => this.#change(sql, now, name, seq)));
  }

  /** Never given again. The oldest that are settled are forgotten, past so many of a name. */
  woke(name: string, seqs: readonly number[], now: number, keep: number): void {
    this.#inOne(() => {
      const sql = 'UPDATE wakes SET woke_at = ? WHERE name = ? AND seq = ?';
      for (const seq of seqs) this.#change(sql, now, name, seq);
      const settled = 'name = ? AND (woke_at IS NOT NULL OR acked_at IS NOT NULL)';
      const oldest = `SELECT seq FROM wakes WHERE ${settled} ORDER BY seq DESC LIMIT 1 OFFSET ?`;
      this.#change(`DELETE FROM wakes WHERE ${settled} AND seq <= (${oldest})`, name, name, keep);
    });
  }

  /** @param upTo null: what woke @returns how many were not acknowledged before */
  ack(name: string, upTo: number | null, now: number): number {
    const which = upTo === null ? 'woke_at IS NOT NULL' : 'seq <= ?';
    const sql = `UPDATE wakes SET acked_at = ? WHERE name = ? AND acked_at IS NULL AND ${which}`;
    return this.#change(sql, now, name, ...(upTo === null ? [] : [upTo]));
  }

  /** Forgets what retention removed from the log before it woke anybody. @returns how many */
  lost(name: string, floorSeq: number): number {
    const sql =
      'DELETE FROM wakes WHERE name = ? AND seq <= ? AND woke_at IS NULL AND acked_at IS NULL';
    return this.#change(sql, name, floorSeq);
  }

  /** What is left of names that nobody watches under any more. */
  #dropForgotten(): void {
    this.#change('DELETE FROM wakes WHERE name NOT IN (SELECT name FROM watches)');
  }

  #all<Row>(sql: string, ...values: readonly unknown[]): readonly Row[] {
    return this.#run(() => statement<unknown[], Row>(this.#db, sql).all(...values));
  }

  #change(sql: string, ...values: readonly unknown[]): number {
    return this.#run(() => statement(this.#db, sql).run(...values).changes);
  }

  #inOne<T>(work: () => T): T {
    return this.#run(() => this.#db.transaction(work).immediate());
  }
}
