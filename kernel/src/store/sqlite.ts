/**
 * The one place that makes native objects of SQLite: connections and statements. It keeps every one
 * of them for the life of the process, because an addon compiled against the headers of Node 24.21
 * ends the process when the garbage collector finalizes a wrapped object. So statements are prepared
 * once a connection and text, and nothing iterates (an iterator is such an object, too).
 */
import Database from 'better-sqlite3';

const kept = new Map<Database.Database, Map<string, Database.Statement>>();

export function connect(file: string, options: Database.Options = {}): Database.Database {
  const db = new Database(file, options);
  kept.set(db, new Map());
  return db;
}

/** The statement for a text, prepared at its first use. Rows come as the text's columns. */
export function statement<Parameters extends unknown[], Row = unknown>(
  db: Database.Database,
  sql: string,
): Database.Statement<Parameters, Row> {
  const statements = kept.get(db);
  let found = statements?.get(sql);
  if (found === undefined) {
    found = db.prepare(sql);
    statements?.set(sql, found);
  }
  return found as unknown as Database.Statement<Parameters, Row>;
}

/** Reads or sets a pragma; the value of its first column, if it answers with one. */
export function pragma(db: Database.Database, text: string): unknown {
  const prepared = statement<[]>(db, `PRAGMA ${text}`);
  return prepared.reader ? prepared.pluck().get() : prepared.run();
}

/** Bytes in use by a database, free pages not counted. */
export function usedBytes(db: Database.Database): number {
  const number = (name: string) => pragma(db, name) as number;
  return (number('page_count') - number('freelist_count')) * number('page_size');
}
