/**
 * The log: append in groups, read in pages, find a cursor, remove from the front. The only writer
 * of the file. Synchronous throughout, which is what the bus's join of live and catch-up rests on.
 */
import type { CheckedEvent, WaitbusError } from '@waitbus/plugin-sdk/envelope';
import type Database from 'better-sqlite3';
import { Turn, type EmitResult } from './append.js';
import { bisect, findDelivery } from './bisect.js';
import type { CommittedEvent } from './event.js';
import { explainStoreError } from './explain.js';
import { checkWhole, openDatabase, type Durability } from './open.js';
import { HoldTable } from './hold-table.js';
import { KeyIndex } from './key-index.js';
import { readFrame, readPage, type Page } from './page.js';
import type { Prefilter } from './prefilter.js';
import { reachOf, select, type Selection } from './select.js';
import { prepareStatements, type FullEvent, type Statements } from './statements.js';
import { pragma, usedBytes } from './sqlite.js';
import { UlidGenerator } from './ulid-generator.js';
import { WatchTables } from './watch-tables.js';

export interface StoreOptions {
  readonly file: string;
  readonly durability?: Durability;
  /** The clock, in milliseconds since the epoch. */
  readonly now: () => number;
}

/** What became of one request's events: all of them or none. */
export type Outcome =
  | { readonly results: readonly EmitResult[]; readonly error?: undefined }
  | { readonly error: WaitbusError };

/** The outcome of each unit, and the events that are new in the log, in log order. */
interface Appended {
  readonly outcomes: readonly Outcome[];
  readonly committed: readonly CommittedEvent[];
}

export class Store {
  readonly #db: Database.Database;
  readonly #file: string;
  readonly walFile: string;
  readonly #now: () => number;
  readonly #ids: UlidGenerator;
  readonly #sql: Statements;
  readonly #index: KeyIndex;
  readonly watches: WatchTables;
  readonly holds: HoldTable;
  #first: number;
  #last: number;
  #head: string | null;
  #floor: string | null;
  walPages = 0;
  /** Damage was met: from then on everything is refused, with the cure. */
  #poison: WaitbusError | null = null;

  constructor(options: StoreOptions) {
    const db = openDatabase(options.file, options.durability ?? 'normal');
    this.#db = db;
    this.#file = options.file;
    this.walFile = `${options.file}-wal`;
    this.#now = options.now;
    this.#sql = prepareStatements(db);
    const last = this.#read(() => this.#sql.last.get());
    this.#floor = this.#read(() => this.#sql.meta.get('floor_id')) ?? null;
    this.#last = last?.seq ?? Number(this.#read(() => this.#sql.meta.get('floor_seq')) ?? 0);
    this.#first = this.#read(() => this.#sql.first.get()) ?? this.#last + 1;
    this.#head = last?.event_id ?? this.#floor;
    this.#ids = new UlidGenerator(options.now, this.#head);
    this.#index = this.#read(() => new KeyIndex(db, this.floorSeq));
    this.watches = new WatchTables(db, (work) => this.#read(work));
    this.holds = new HoldTable(db, (work) => this.#read(work));
  }

  /** The event_id of the newest event, or null when there was none yet. */
  get head(): string | null {
    return this.#head;
  }

  /** The position of the newest event; 0 before the first. */
  get headSeq(): number {
    return this.#last;
  }

  /** The event_id of the newest event that retention removed, or null. */
  get floor(): string | null {
    return this.#floor;
  }

  /** The position of the newest event that retention removed; 0 when none was. */
  get floorSeq(): number {
    return this.#first - 1;
  }

  /** How many events the index of keys does not reach yet. */
  get unindexed(): number {
    return this.#last - this.#index.through;
  }

  get count(): number {
    return this.#last - this.#first + 1;
  }

  /**
   * Commits the units in one transaction and in order; each unit is all or none. A unit that cannot
   * be stored does not take the others with it.
   */
  append(units: readonly (readonly CheckedEvent[])[]): Appended {
    try {
      this.#refuseIfPoisoned();
      return this.#commit(units);
    } catch (cause) {
      const error = this.#explain(cause);
      const concernsAll = /^WAITBUS_STORE_(FULL|CORRUPT|BUSY|READONLY)$/.test(error.code);
      if (units.length <= 1 || concernsAll)
        return { outcomes: units.map(() => ({ error })), committed: [] };
      const single = units.map((unit) => this.append([unit]));
      return {
        outcomes: single.flatMap((one) => one.outcomes),
        committed: single.flatMap((one) => one.committed),
      };
    }
  }

  #commit(units: readonly (readonly CheckedEvent[])[]): Appended {
    const find = (key: string) => findDelivery(this.#sql, key, this.floorSeq, this.#last);
    const turn = new Turn(this.#last, this.#now(), this.#ids, find);
    const outcomes = units.map((unit) => ({ results: unit.map((event) => turn.stage(event)) }));
    turn.commit(this.#sql);
    this.walPages += turn.pages;
    const last = turn.committed.at(-1);
    if (last !== undefined) [this.#last, this.#head] = [last.seq, last.eventId];
    return { outcomes, committed: turn.committed };
  }

  /**
   * The events after a position as wire bytes, in order: at least one if there is one, then up to
   * the limits. `after` is a seq.
   */
  page(after: number, maxRows: number, maxBytes: number): Page {
    const from = Math.max(after, this.floorSeq);
    return this.#read(() => readPage(this.#sql, from, this.#last, maxRows, maxBytes));
  }

  /** The next events after a position that may meet a prefilter. */
  select(prefilter: Prefilter, after: number, maxRows: number): Selection {
    const reach = { last: this.#last, indexed: this.#index.through };
    return this.#read(() => select(this.#db, prefilter, after, reach, maxRows));
  }

  frameAt(seq: number): Buffer {
    return this.#read(() => readFrame(this.#sql, seq));
  }

  /** What SQLite throws is explained; damage that is met poisons. */
  #read<T>(from: () => T): T {
    this.#refuseIfPoisoned();
    try {
      return from();
    } catch (cause) {
      throw this.#explain(cause);
    }
  }

  /** The event_id at a position, or null when there is none. */
  idAt(seq: number): string | null {
    return seq === this.#last ? this.#head : this.#read(() => this.#sql.idAt.get(seq) ?? null);
  }

  /** The position of the newest event whose id is at or before the cursor; by bisection. */
  seqAtOrBefore(cursor: string): number {
    if (this.#head === null || cursor >= this.#head) return this.#last;
    return this.#read(() => bisect(this.#sql, cursor, this.floorSeq, this.#last));
  }

  /** The whole event with its payload, or null when no stored event has this id. */
  get(eventId: string): FullEvent | null {
    return this.#read(() => {
      const seq = this.seqAtOrBefore(eventId);
      return this.#sql.idAt.get(seq) === eventId ? (this.#sql.full.get(seq) ?? null) : null;
    });
  }

  /**
   * Removes up to `maxRows` events at the front, those at or before `upTo`.
   * @returns how many were removed
   */
  prune(upTo: number, maxRows: number): number {
    const most = Math.min(upTo, this.#first - 1 + maxRows, this.#last);
    if (most < this.#first) return 0;
    const through = reachOf(this.#db, this.floorSeq, most);
    const floor = this.idAt(through);
    if (floor === null) return 0;
    const remove = this.#db.transaction(() => {
      this.#index.removeThrough(through);
      this.#sql.removeThrough.run(through);
      this.#sql.setMeta.run('floor_id', floor);
      this.#sql.setMeta.run('floor_seq', String(through));
    });
    this.#read(remove);
    this.#index.removedThrough(through);
    const removed = through - this.#first + 1;
    this.#first = through + 1;
    this.#floor = floor;
    return removed;
  }

  index(): void {
    if (this.#db.open) this.walPages += this.#read(() => this.#index.step(this.#last));
  }

  /** Bytes in use by the database, free pages not counted. */
  usedBytes(): number {
    return usedBytes(this.#db);
  }

  /** @throws WaitbusError WAITBUS_STORE_CORRUPT when the file, read whole, is damaged */
  verify(): void {
    this.#read(() => checkWhole(this.#db, this.#file));
  }

  /** Folds the write-ahead log into the file, as far as nobody reads it. */
  fold(): void {
    if (!this.#db.open) return;
    this.walPages = 0;
    this.#read(() => pragma(this.#db, 'wal_checkpoint(PASSIVE)'));
  }

  /** Folds the WAL into the file and closes it. */
  close(): void {
    if (!this.#db.open) return;
    try {
      pragma(this.#db, 'wal_checkpoint(TRUNCATE)');
    } catch {
      // A full disk, say: the log beside the file has it all, and the next start folds it.
    }
    this.#db.close();
  }

  #refuseIfPoisoned(): void {
    if (this.#poison !== null) throw this.#poison;
  }

  #explain(cause: unknown): WaitbusError {
    const error = explainStoreError(cause, this.#file);
    if (error.code === 'WAITBUS_STORE_CORRUPT') this.#poison = error;
    return error;
  }
}
