/** What is not a sound store of ours is refused, byte for byte as it was, with what to do. */
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import {
  copyFileSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  statSync,
  truncateSync,
  writeFileSync,
} from 'node:fs';
import { test } from 'node:test';
import { checkEnvelope, WaitbusError } from '@waitbus/plugin-sdk/envelope';
import { event, Place } from '../../../test/support/kernel.js';
import { MIGRATIONS } from '../../src/store/migrations.js';
import { connect, pragma } from '../../src/store/sqlite.js';
import { Store } from '../../src/store/store.js';

const PAGE = 4096;

const FOREIGN: readonly (readonly [what: string, make: (file: string) => void])[] = [
  ['a text file', (file) => writeFileSync(file, 'notes\n'.repeat(100))],
  ['a text file of one byte', (file) => writeFileSync(file, 'x')],
  ['a file of random bytes', (file) => writeFileSync(file, Buffer.alloc(10_000, 0xa5))],
  ['the database of another program', otherDatabase],
];

/** What happened to a store, be it closed in order or killed with a write-ahead log beside it. */
const DAMAGE: readonly (readonly [what: string, damage: (file: string) => void])[] = [
  ['a store with a damaged page', damagePages],
  ['a store that was cut off at a page', (file) => cut(file, 0)],
  ['a store that was cut off within a page', (file) => cut(file, 100)],
];

for (const [what, make] of FOREIGN) {
  test(`${what} is refused and left as it was`, () => {
    using place = new Place();
    make(place.path('events.db'));
    assertRefused(place.path('events.db'), 'WAITBUS_STORE_FOREIGN');
  });
}

for (const [what, damage] of DAMAGE) {
  test(`${what} is refused and left as it was`, () => {
    using place = new Place();
    fill(place.path('events.db'), 400);
    damage(place.path('events.db'));
    assertRefused(place.path('events.db'), 'WAITBUS_STORE_CORRUPT');
  });

  test(`${what}, killed before, is refused and left as it was`, () => {
    using place = new Place();
    killed(place.path('events.db'));
    damage(place.path('events.db'));
    assertRefused(place.path('events.db'), 'WAITBUS_STORE_CORRUPT');
  });
}

test('while it is served no other program opens the store; one that has it open is no obstacle', () => {
  using place = new Place();
  const file = place.path('events.db');
  fill(file, 3);
  const store = new Store({ file, now: Date.now });
  const late = connect(file, { timeout: 0 });
  assert.throws(() => pragma(late, 'user_version'), { code: 'SQLITE_BUSY' });
  late.close();
  store.close();
  const early = connect(file);
  pragma(early, 'user_version');
  const beside = new Store({ file, now: Date.now });
  append(beside, 2);
  assert.equal(beside.count, 5);
  assert.equal(pragma(early, 'user_version'), MIGRATIONS.length);
  beside.close();
  early.close();
});

test('a store of a newer waitbus is refused and left as it was', () => {
  using place = new Place();
  const file = place.path('events.db');
  fill(file, 10);
  const db = connect(file);
  pragma(db, 'user_version = 99');
  db.close();
  assertRefused(file, 'WAITBUS_STORE_NEWER');
});

test('a store of a newer waitbus, killed before, is refused and left as it was', () => {
  using place = new Place();
  killed(place.path('events.db'), (live) => {
    const db = connect(live);
    pragma(db, 'user_version = 99');
    return db;
  });
  assertRefused(place.path('events.db'), 'WAITBUS_STORE_NEWER');
});

test('a store that was killed opens again with all that it had', () => {
  using place = new Place();
  const file = place.path('events.db');
  killed(file);
  assert.ok(existsSync(`${file}-wal`));
  const store = new Store({ file, now: Date.now });
  assert.equal(store.count, 410);
  store.close();
});

test('damage that is met while serving poisons the store, with the cure', () => {
  using place = new Place();
  const file = place.path('events.db');
  // More than SQLite's page cache of 2 MB holds, so that the damage is read.
  fill(file, 8000);
  const store = new Store({ file, now: Date.now });
  damagePages(file);
  assert.throws(() => readToEnd(store), { code: 'WAITBUS_STORE_CORRUPT' });
  const { outcomes } = store.append([[checkEnvelope(event())]]);
  assert.equal(outcomes[0]?.error?.code, 'WAITBUS_STORE_CORRUPT');
  assert.match(outcomes[0]?.error?.remedy ?? '', /Move it away/);
  store.close();
});

test('the remedy for a damaged file mends it, also where the path has a quote in it', () => {
  using place = new Place();
  const directory = place.path("it's here");
  mkdirSync(directory);
  const file = `${directory}/events.db`;
  fill(file, 400);
  damagePages(file);
  const error = refusal(file);
  const command = /: (for .*)$/.exec(error.remedy)?.[1];
  assert.ok(command, error.remedy);
  execFileSync('sh', ['-c', command]);
  assert.ok(readdirSync(directory).includes('events.db.aside'));
  const store = new Store({ file, now: Date.now });
  assert.equal(store.count, 0);
  store.close();
});

test('an empty file, as a crash right after its creation leaves it, becomes a store', () => {
  using place = new Place();
  const file = place.path('events.db');
  writeFileSync(file, '');
  const store = new Store({ file, now: Date.now });
  assert.equal(store.head, null);
  store.close();
});

function assertRefused(file: string, code: string): void {
  const before = readFileSync(file);
  const wal = existsSync(`${file}-wal`) ? readFileSync(`${file}-wal`) : null;
  const error = refusal(file);
  assert.equal(error.code, code, error.message);
  assert.ok(error.message.includes(file), error.message);
  assert.match(error.remedy, /Move|Upgrade/);
  assert.ok(readFileSync(file).equals(before), 'the file was changed');
  if (wal !== null)
    assert.ok(readFileSync(`${file}-wal`).equals(wal), 'the write-ahead log was changed');
}

function refusal(file: string): WaitbusError {
  try {
    new Store({ file, now: Date.now }).close();
  } catch (error) {
    assert.ok(error instanceof WaitbusError, String(error));
    return error;
  }
  assert.fail('it was opened');
}

function fill(file: string, count: number): void {
  const store = new Store({ file, now: Date.now });
  append(store, count);
  store.close();
}

function append(store: Store, count: number): void {
  const one = checkEnvelope(event({ fields: { pad: 'x'.repeat(300) } }));
  store.append([Array.from({ length: count }, () => one)]);
}

function readToEnd(store: Store): void {
  for (let at = 0; at < store.headSeq;) at = store.page(at, 50, 1 << 20).through;
}

/** A store with 400 events in the file and more in its write-ahead log, as a kill leaves it. */
function killed(file: string, write: (live: string) => { close(): void } = tenMore): void {
  const live = `${file}.live`;
  fill(live, 400);
  const writer = write(live);
  copyFileSync(live, file);
  copyFileSync(`${live}-wal`, `${file}-wal`);
  writer.close();
}

function tenMore(file: string): Store {
  const store = new Store({ file, now: Date.now });
  append(store, 10);
  return store;
}

function otherDatabase(file: string): void {
  const db = connect(file);
  db.exec('CREATE TABLE theirs (x); INSERT INTO theirs VALUES (1)');
  db.close();
}

/** Overwrites pages in the middle of the file. */
function damagePages(file: string): void {
  const bytes = readFileSync(file);
  bytes.fill(0xff, PAGE * 10, PAGE * 20);
  writeFileSync(file, bytes);
}

/** Keeps half of the pages and some bytes. */
function cut(file: string, bytes: number): void {
  truncateSync(file, Math.floor(statSync(file).size / PAGE / 2) * PAGE + bytes);
}
