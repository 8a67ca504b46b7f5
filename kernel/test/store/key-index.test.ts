/** The index of keys: what is in it, what is looked for without it, and that neither shows. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { checkEnvelope, type Fields } from '@waitbus/plugin-sdk/envelope';
import { event, Place } from '../../../test/support/kernel.js';
import { all, oneOf, parsePredicate } from '../../src/predicate/index.js';
import { prefilterOf } from '../../src/store/prefilter.js';
import { connect } from '../../src/store/sqlite.js';
import { Store } from '../../src/store/store.js';

const of = (fields: Fields) => checkEnvelope(event({ fields }));

function append(store: Store, fields: readonly Fields[]): void {
  for (const { error } of store.append([fields.map(of)]).outcomes) assert.equal(error, undefined);
}

function indexAll(store: Store): void {
  while (store.unindexed > 0) store.index();
}

function find(store: Store, spec: string, after = 0) {
  return store.select(prefilterOf(parsePredicate([spec])), after, 100);
}

test('an equality on an indexed key needs no look at the rest of the log', () => {
  using place = new Place();
  const store = new Store({ file: place.path('events.db'), now: Date.now });
  for (let n = 0; n < 6; n += 1) append(store, Array<Fields>(1000).fill({ n }));
  append(store, [{ msg_to: 'ada' }, { n: 1 }]);
  assert.ok(find(store, 'fields.msg_to="ada"').through < 6002, 'it is not indexed yet');
  indexAll(store);
  assert.deepEqual(find(store, 'fields.msg_to="ada"'), { seqs: [6001], through: 6002 });
  assert.ok(find(store, 'fields.other="ada"').through < 6002, 'without an index by windows');
  append(store, [{ msg_to: 'ada' }]);
  assert.deepEqual(find(store, 'fields.msg_to="ada"'), { seqs: [6001], through: 6002 });
  assert.deepEqual(find(store, 'fields.msg_to="ada"', 6002), { seqs: [6003], through: 6003 });
  store.close();
});

test('a further condition is decided on what the index finds', () => {
  using place = new Place();
  const store = new Store({ file: place.path('events.db'), now: Date.now });
  append(store, [
    { head_sha: 'abc', conclusion: 'success' },
    { head_sha: 'abc', conclusion: 'failure' },
    { head_sha: 'abd', conclusion: 'failure' },
  ]);
  indexAll(store);
  const both = prefilterOf(
    parsePredicate(['fields.head_sha="abc"', 'fields.conclusion="failure"']),
  );
  assert.deepEqual(store.select(both, 0, 100), { seqs: [2], through: 3 });
  store.close();
});

test('a batch that was cut short is done again, and what is in it twice is found once', () => {
  using place = new Place();
  const file = place.path('events.db');
  const cut = new Store({ file, now: Date.now });
  append(
    cut,
    Array.from({ length: 300 }, (_, n) => ({ msg_to: `w${n % 3}` })),
  );
  for (let step = 0; step < 4; step += 1) cut.index();
  assert.equal(cut.unindexed, 300, 'the batch is not done');
  cut.close();
  const store = new Store({ file, now: Date.now });
  indexAll(store);
  const { seqs } = find(store, 'fields.msg_to="w1"');
  assert.deepEqual(
    seqs,
    Array.from({ length: 100 }, (_, n) => 3 * n + 2),
  );
  store.close();
  const again = new Store({ file, now: Date.now });
  assert.equal(again.unindexed, 0, 'how far it reaches outlives the daemon');
  again.close();
});

test('entries go with their events, also from a batch that is being written', () => {
  using place = new Place();
  const file = place.path('events.db');
  const store = new Store({ file, now: Date.now });
  append(
    store,
    Array.from({ length: 200 }, (_, n) => ({ msg_to: `w${n}` })),
  );
  indexAll(store);
  append(
    store,
    Array.from({ length: 200 }, (_, n) => ({ msg_to: `w${n}` })),
  );
  store.index();
  store.index();
  store.prune(300, 1000);
  indexAll(store);
  append(store, [{ msg_to: 'w0' }]);
  store.prune(301, 1000);
  indexAll(store);
  store.close();
  const db = connect(file);
  const rows = db.prepare('SELECT count(*) AS n, min(seq) AS first FROM keys').get();
  db.close();
  assert.deepEqual(rows, { n: 100, first: 302 });
});

test('only text is indexed, and only where it is short', () => {
  using place = new Place();
  const file = place.path('events.db');
  const store = new Store({ file, now: Date.now });
  const long = 'x'.repeat(257);
  append(store, [{ head_sha: long }, { head_sha: 5 }, { head_sha: null }, { head_sha: 'a' }]);
  indexAll(store);
  const asked = prefilterOf(all([oneOf(['fields', 'head_sha'], [long])]));
  assert.deepEqual(store.select(asked, 0, 100).seqs, [1]);
  assert.deepEqual(find(store, 'fields.head_sha=5').seqs, [2]);
  store.close();
  const db = connect(file);
  const rows = db.prepare('SELECT key, value, seq FROM keys').all();
  db.close();
  assert.deepEqual(rows, [{ key: 'head_sha', value: 'a', seq: 4 }]);
});

test('a store of an older schema is indexed, and what it holds is found', () => {
  using place = new Place();
  const file = place.path('events.db');
  const store = new Store({ file, now: Date.now });
  append(store, [{ head_sha: '7f3a1b2' }]);
  store.close();
  const old = connect(file);
  for (const table of ['keys', 'watches', 'wakes', 'watch_gaps', 'holds'])
    old.exec(`DROP TABLE ${table}`);
  old.exec('PRAGMA user_version = 1');
  old.close();
  const again = new Store({ file, now: Date.now });
  assert.deepEqual(find(again, 'fields.head_sha="7f3a1b2"').seqs, [1]);
  indexAll(again);
  assert.deepEqual(find(again, 'fields.head_sha="7f3a1b2"').seqs, [1]);
  again.close();
});
