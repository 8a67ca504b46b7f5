/**
 * Opens the store file, or refuses and leaves it as it was: corrupt, not ours, or from a newer
 * waitbus. Owns the pragmas and the migrations, nothing that comes after.
 */
import { existsSync, openSync, closeSync, readSync, statSync } from 'node:fs';
import { WaitbusError } from '@waitbus/plugin-sdk/envelope';
import type Database from 'better-sqlite3';
import { corrupt, explainStoreError, moveAway } from './explain.js';
import { APPLICATION_ID, MIGRATIONS } from './migrations.js';
import { connect, pragma } from './sqlite.js';

export type Durability = 'normal' | 'full';

/** A file larger than this is checked whole only after an unclean end. */
const ALWAYS_CHECKED_BYTES = 64 * 1024 * 1024;

/**
 * How long a commit waits for another program that holds the write lock, in milliseconds. It waits
 * in the event loop's turn, so subscribers wait along: longer than a short transaction is an error.
 */
const BUSY_MS = 20;
/** While it starts nobody waits along. */
const START_BUSY_MS = 5000;

/**
 * @param file path of the database; created when absent
 * @param durability `normal` survives a killed process, `full` a power failure as well
 * @throws WaitbusError one of WAITBUS_STORE_*
 */
export function openDatabase(file: string, durability: Durability): Database.Database {
  refuseForeign(file);
  let db: Database.Database | null = null;
  try {
    inspect(file);
    db = connect(file);
    prepareAlone(db, file);
    pragma(db, `synchronous = ${durability}`);
    migrate(db);
    pragma(db, `busy_timeout = ${BUSY_MS}`);
    return db;
  } catch (error) {
    db?.close();
    throw explainStoreError(error, file);
  }
}

/** What the first bytes say, before SQLite may write a thing. */
function refuseForeign(file: string): void {
  if (!existsSync(file)) return;
  const stat = statSync(file);
  // Neither is opened: to read from a pipe would wait forever.
  if (!stat.isFile()) {
    throw new WaitbusError('WAITBUS_STORE_FOREIGN', `${file} is not a file`, moveAway(file));
  }
  if (stat.size === 0) return;
  const header = Buffer.alloc(100);
  const fd = openSync(file, 'r');
  try {
    readSync(fd, header, 0, 100, 0);
  } finally {
    closeSync(fd);
  }
  if (header.toString('latin1', 0, 16) !== 'SQLite format 3\0') {
    throw new WaitbusError('WAITBUS_STORE_FOREIGN', `${file} is not a SQLite file`, moveAway(file));
  }
  if (header.readUInt32BE(68) !== APPLICATION_ID) {
    throw new WaitbusError(
      'WAITBUS_STORE_FOREIGN',
      `${file} belongs to another program`,
      moveAway(file),
    );
  }
}

/**
 * Version and soundness, through a connection that cannot write: one that can would fold the
 * write-ahead log of a killed daemon into a file that is about to be refused.
 */
function inspect(file: string): void {
  // A rollback journal stands only beside a file whose very creation was cut short, and only a
  // writer can undo it.
  if (!existsSync(file) || existsSync(`${file}-journal`)) return;
  const { size } = statSync(file);
  if (size === 0) return;
  const unclean = (statSync(`${file}-wal`, { throwIfNoEntry: false })?.size ?? 0) > 0;
  const db = connect(file, { readonly: true });
  try {
    refuseNewer(db, file);
    // SQLite would read what is missing as zeros; after a crash the log may still have the page.
    if (!unclean && size % (pragma(db, 'page_size') as number) !== 0) {
      throw corrupt(file, 'it ends within a page');
    }
    if (unclean || size <= ALWAYS_CHECKED_BYTES) checkWhole(db, file);
  } finally {
    db.close();
  }
}

/**
 * No other process reads or writes the store while it is served, unless one has it open already:
 * that saves the lock calls of every transaction, half of what one costs, and nobody can keep the
 * write-ahead log from being folded in.
 */
function prepareAlone(db: Database.Database, file: string): void {
  try {
    pragma(db, `busy_timeout = ${BUSY_MS}`);
    // Before the first access: then the index of the write-ahead log is not shared memory.
    pragma(db, 'locking_mode = EXCLUSIVE');
    prepare(db, file);
  } catch (error) {
    if ((error as { code?: string }).code !== 'SQLITE_BUSY') throw error;
    pragma(db, 'locking_mode = NORMAL');
    pragma(db, `busy_timeout = ${START_BUSY_MS}`);
    prepare(db, file);
  }
}

function prepare(db: Database.Database, file: string): void {
  if (pragma(db, 'application_id') === 0) {
    // Before WAL, so that the mark stands in the file itself from its first page on.
    pragma(db, `application_id = ${APPLICATION_ID}`);
  }
  refuseNewer(db, file);
  pragma(db, 'journal_mode = WAL');
  // In KiB: the pages of the indexes that are written to fit; 16 MiB would mostly be held for nothing.
  pragma(db, 'cache_size = -8000');
  // See checkpoints.ts; this is for when that cannot keep up.
  pragma(db, 'wal_autocheckpoint = 16384');
  pragma(db, 'journal_size_limit = 67108864');
}

function refuseNewer(db: Database.Database, file: string): void {
  const version = pragma(db, 'user_version') as number;
  if (version <= MIGRATIONS.length) return;
  throw new WaitbusError(
    'WAITBUS_STORE_NEWER',
    `${file} has schema ${version}; this waitbus knows ${MIGRATIONS.length}`,
  );
}

/** Reads all of it. @throws WaitbusError WAITBUS_STORE_CORRUPT */
export function checkWhole(db: Database.Database, file: string): void {
  const result = pragma(db, 'quick_check(1)');
  if (result !== 'ok') throw corrupt(file, String(result));
}

function migrate(db: Database.Database): void {
  const version = pragma(db, 'user_version') as number;
  MIGRATIONS.slice(version).forEach((step, index) => {
    db.transaction(() => {
      db.exec(step);
      pragma(db, `user_version = ${version + index + 1}`);
    })();
  });
}
