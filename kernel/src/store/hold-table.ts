/**
 * What is held, in a table of the store, so that a daemon that was killed leaves nothing open: the
 * next one keeps every hold for its owner a while. A change writes the rows that changed.
 */
import type Database from 'better-sqlite3';
import { parseJson, stringifyJson } from '@waitbus/plugin-sdk/envelope';
import type { Journal, KeptHold } from '../holds/journal.js';
import { statement } from './sqlite.js';
import { value } from './statements.js';

export class HoldTable implements Journal {
  readonly #db: Database.Database;
  readonly #run: <T>(work: () => T) => T;
  /** What stands in the table, by token. */
  #kept: ReadonlyMap<string, KeptHold> = new Map();

  /** @param run runs a piece of work, and explains what SQLite throws */
  constructor(db: Database.Database, run: <T>(work: () => T) => T) {
    this.#db = db;
    this.#run = run;
  }

  read(): readonly KeptHold[] {
    const texts = this.#run(() => value<[], string>(this.#db, READ).all());
    const kept = texts.map((text) => parseJson(text) as KeptHold);
    this.#kept = new Map(kept.map((hold) => [hold.token, hold]));
    return kept;
  }

  write(holds: readonly KeptHold[]): void {
    const next = new Map(holds.map((hold) => [hold.token, hold]));
    const gone = [...this.#kept.keys()].filter((token) => !next.has(token));
    const changed = holds.filter((hold) => !isSame(hold, this.#kept.get(hold.token)));
    const keep = this.#db.transaction(() => {
      for (const token of gone) statement<[string]>(this.#db, REMOVE).run(token);
      for (const hold of changed) {
        statement<[string, string]>(this.#db, KEEP).run(hold.token, stringifyJson(hold));
      }
    });
    if (gone.length + changed.length > 0) this.#run(keep);
    this.#kept = next;
  }
}

const READ = 'SELECT kept FROM holds ORDER BY rowid';
const REMOVE = 'DELETE FROM holds WHERE token = ?';
const KEEP = `INSERT INTO holds (token, kept) VALUES (?, ?)
  ON CONFLICT (token) DO UPDATE SET kept = excluded.kept`;

/** What an owner gave is not looked into: it is the same as long as it is the same value. */
function isSame(one: KeptHold, other: KeptHold | undefined): boolean {
  return (
    other !== undefined &&
    other.since === one.since &&
    other.key === one.key &&
    other.will === one.will &&
    other.data === one.data
  );
}
