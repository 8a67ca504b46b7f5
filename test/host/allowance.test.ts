/** How fast a source may emit. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Allowance } from '../../cli/src/host/allowance.js';

/** Emits as fast as it can with so many events unacknowledged; how many are acknowledged by then. */
function flood(allowance: Allowance, clock: { now: number }, inFlight: number, untilMs: number) {
  const due: number[] = Array<number>(inFlight).fill(clock.now);
  let acknowledged = 0;
  for (;;) {
    due.sort((one, other) => one - other);
    const next = due.shift() ?? Infinity;
    if (next > untilMs) return acknowledged;
    // An event takes its time even when nothing waits.
    clock.now = Math.max(clock.now + 0.1, next);
    due.push(clock.now + allowance.take());
    acknowledged += 1;
  }
}

test('within its burst a source is acknowledged at once', () => {
  const clock = { now: 1000 };
  const allowance = new Allowance({ clock: () => clock.now, perSecond: 100, burst: 50 });
  const waits = Array.from({ length: 50 }, () => allowance.take());
  assert.deepEqual(new Set(waits), new Set([0]));
  assert.ok(allowance.take() > 0, 'and then no more');
});

test('a flood comes down to the rate, and its acknowledgements to marks of 20 ms', () => {
  const clock = { now: 0 };
  const allowance = new Allowance({ clock: () => clock.now, perSecond: 1000, burst: 100 });
  const acknowledged = flood(allowance, clock, 32, 10_000);
  assert.ok(acknowledged > 9500 && acknowledged <= 10_200, String(acknowledged));
  const wait = allowance.take();
  assert.ok(wait > 0 && Math.abs((clock.now + wait) % 20) < 1e-6, `${clock.now} + ${wait}`);
});

test('a pause gives the burst back, and no more than that', () => {
  const clock = { now: 0 };
  const allowance = new Allowance({ clock: () => clock.now, perSecond: 100, burst: 50 });
  for (let n = 0; n < 60; n += 1) allowance.take();
  clock.now += 3_600_000;
  const free = Array.from({ length: 100 }, () => allowance.take()).filter((wait) => wait === 0);
  assert.equal(free.length, 50);
});

test('however much comes at once, no acknowledgement waits much over a second', () => {
  const allowance = new Allowance({ clock: () => 0, perSecond: 100, burst: 50 });
  const waits = Array.from({ length: 10_000 }, () => allowance.take());
  assert.equal(Math.max(...waits), 1000);
});
