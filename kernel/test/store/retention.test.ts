/** What retention removes, by age and by size, and what it leaves. */
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
    monotonic: () => 0,
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

const DAY = 24 * 60 * 60_000;

/** A log of one event an hour for ten days, and a clock that a test sets. */
function ten(maxAgeMs: number): {
  readonly place: Place;
  readonly store: Store;
  readonly clock: { now: number; monotonic: number };
  /** Runs retention to its end, of a daemon that runs on or of one that starts now. */
  readonly run: (started?: 'anew') => number;
} {
  const place = new Place();
  const clock = { now: 1_752_000_000_000, monotonic: 0 };
  const store = new Store({ file: place.path('events.db'), now: () => clock.now });
  for (let hour = 0; hour < 240; hour += 1) {
    store.append([[checkEnvelope(event())]]);
    clock.now += 60 * 60_000;
  }
  const start = () =>
    new Retention({
      store,
      limits: { maxAgeMs },
      now: () => clock.now,
      monotonic: () => clock.monotonic,
      defer: (work) => work(),
      onError: (error) => assert.fail(String(error)),
    });
  let retention = start();
  const run = (started?: 'anew') => {
    if (started === 'anew') retention = start();
    retention.run();
    return store.count;
  };
  return { place, store, clock, run };
}

test('a clock that jumps ahead does not empty the log, and one that is set right loses nothing', () => {
  const { place, store, clock, run } = ten(30 * DAY);
  assert.equal(run(), 240);
  clock.now += 3650 * DAY;
  assert.equal(run(), 240);
  for (let minute = 0; minute < 60; minute += 1) {
    clock.now += 60_000;
    clock.monotonic += 60_000;
    assert.equal(run(), 240, `after ${minute} minutes`);
  }
  assert.equal(run('anew'), 239, 'a start under such a clock costs a minute of the log');
  clock.now -= 3650 * DAY;
  assert.equal(run(), 239);
  clock.now -= 100 * DAY;
  assert.equal(run(), 239, 'a clock that is behind removes nothing');
  store.close();
  place[Symbol.dispose]();
});

test('after a sleep of days what is too old goes within hours', () => {
  const { place, store, clock, run } = ten(10 * DAY);
  clock.now += 5 * DAY;
  const left = [];
  for (let minute = 0; minute < 180; minute += 1) {
    clock.now += 60_000;
    clock.monotonic += 60_000;
    left.push(run());
  }
  assert.equal(left.at(-1), 240 - 5 * 24 - 3);
  assert.ok((left[0] ?? 0) > 230, String(left[0]));
  store.close();
  place[Symbol.dispose]();
});
