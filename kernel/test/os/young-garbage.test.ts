/** What a replay copied is freed in time, and no more often than that takes. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { collectEvery } from '../../src/os/young-garbage.js';

const MIB = 1024 * 1024;

test('it is collected each time that so many bytes were copied', () => {
  let collections = 0;
  const copied = collectEvery(100, () => (collections += 1));
  for (let n = 0; n < 25; n += 1) copied(10);
  assert.equal(collections, 2);
});

test('buffers that nobody holds any more do not pile up', () => {
  const copied = collectEvery();
  const most = { held: 0 };
  for (let n = 0; n < 1000; n += 1) {
    copied(Buffer.allocUnsafe(64 * 1024).length);
    most.held = Math.max(most.held, process.memoryUsage().arrayBuffers);
  }
  assert.ok(most.held < 16 * MIB, `${(most.held / MIB).toFixed(1)} MiB of 62.5 were held at once`);
});
