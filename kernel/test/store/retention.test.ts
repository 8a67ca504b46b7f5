import assert from 'node:assert/strict';
import { test } from 'node:test';
import { checkEnvelope } from '@waitbus/plugin-sdk/envelope';
import { event, Place } from '../../../test/support/kernel.js';
import { Retention, type RetentionLimits } from '../../src/store/retention.js';
import { Store } from '../../src/store/store.js';

/** Fills a store and runs retention to its end; every slice is a turn of its own. */
function run(
  limits: RetentionLimits,
  events: number,
): { kept: number; turns: number; used: number } {
  using place = new Place();
  let now = 1_752_000_000_000;
  const store = new Store({ file: place.path('events.db'), now: () => now });
  for (let n = 0; n < events; n += 100) {
    const one = checkEnvelope(event({ payload: 'x'.repeat(1000) }));
    store.append([Array.from({ length: 100 }, () => one)]);
    now += 1000;
  }
  const tasks: (() => void)[] = [];
  const retention = new Retention({
    store,
    limits,
    now: () => now,
    defer: (work) => tasks.push(work),
    onError: (error) => assert.fail(String(error)),
  });
  retention.run();
  let turns = 1;
  for (let task = tasks.shift(); task !== undefined; task = tasks.shift()) {
    retention.run();
    task();
    turns += 1;
  }
  const result = { kept: store.count, turns, used: store.usedBytes() };
  store.close();
  return result;
}

test('without limits nothing is removed', () => {
  assert.equal(run({}, 1000).kept, 1000);
});

test('events older than the limit go, in slices, and younger ones stay', () => {
  const { kept, turns } = run({ maxAgeMs: 5000 }, 2000);
  assert.equal(kept, 500);
  assert.ok(turns >= 3, `${turns} turns`);
});

test('the oldest go until the database is within its size', () => {
  const { kept, used } = run({ maxBytes: 1_500_000 }, 2000);
  assert.ok(used <= 1_500_000, String(used));
  assert.ok(kept > 0 && kept < 2000 && kept % 500 === 0, String(kept));
});
