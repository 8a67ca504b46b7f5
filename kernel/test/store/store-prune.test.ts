/** Removal: from the front only, and neither ids nor positions begin again after it. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { append, checked, NOW, open, readAll } from './opened-store.js';

test('removal is from the front, says how far, and outlives the daemon', (t) => {
  const { store, reopen } = open(t);
  const all = append(store, ...Array.from({ length: 10 }, () => checked({ payload: 1 })));
  assert.equal(store.floor, null);
  assert.equal(store.prune(6, 4), 4);
  assert.equal(store.floor, all[3]);
  assert.equal(store.prune(6, 4), 2);
  assert.equal(store.prune(6, 4), 0);
  const again = reopen();
  assert.deepEqual([again.floor, again.floorSeq, again.count, again.head], [all[5], 6, 4, all[9]]);
  assert.equal(again.get(all[5] ?? ''), null);
  assert.notEqual(again.get(all[6] ?? ''), null);
  assert.deepEqual(
    readAll(again).map(({ seq }) => seq),
    [7, 8, 9, 10],
  );
});

test('a log of which everything was removed goes on after its last id', (t) => {
  let now = NOW;
  const { store, reopen } = open(t, () => now);
  const all = append(store, checked(), checked());
  store.prune(store.headSeq, 100);
  assert.deepEqual([store.head, store.count], [all[1], 0]);
  now -= 1_000_000;
  const again = reopen();
  assert.deepEqual([again.head, again.headSeq, again.count], [all[1], 2, 0]);
  const [next = ''] = append(again, checked());
  assert.ok(next > (all[1] ?? ''));
  assert.equal(again.headSeq, 3);
});
