/** Ids that rise in commit order, whatever the clock does. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { check } from '../../../test/support/property.js';
import { FIRST_ULID, timeOf, ULID, ulidAt } from '../../src/store/ulid.js';
import { UlidGenerator } from '../../src/store/ulid-generator.js';

test('ids rise strictly whatever the clock does, also across a restart', (t) => {
  check(
    t,
    fc.property(
      fc.array(fc.tuple(fc.integer({ min: 0, max: 2 ** 45 }), fc.integer({ min: 1, max: 4 }))),
      fc.nat(20),
      (clock, restartAt) => {
        let now = 0;
        let last = FIRST_ULID;
        let generator = new UlidGenerator(() => now, null);
        clock.forEach(([time, calls], index) => {
          now = time;
          if (index === restartAt) generator = new UlidGenerator(() => now, last);
          for (let call = 0; call < calls; call += 1) {
            const id = generator.next();
            assert.match(id, ULID);
            assert.ok(id > last, `${id} after ${last}`);
            assert.ok(timeOf(id) >= Math.min(now, timeOf(id)));
            last = id;
          }
        });
      },
    ),
    { numRuns: 300 },
  );
});

test('an id carries the millisecond of the clock when the clock moved on', () => {
  let now = 1_700_000_000_000;
  const generator = new UlidGenerator(() => now, null);
  assert.equal(timeOf(generator.next()), 1_700_000_000_000);
  now += 7;
  assert.equal(timeOf(generator.next()), 1_700_000_000_007);
  now -= 5000;
  assert.equal(timeOf(generator.next()), 1_700_000_000_007);
});

test('an increment carries across digits', () => {
  const time = ulidAt(1000).slice(0, 10);
  const after = (random: string) => new UlidGenerator(() => 0, time + random).next();
  assert.equal(after('0000000000000009'), `${time}000000000000000A`);
  assert.equal(after('000000000000000Z'), `${time}0000000000000010`);
  assert.equal(after('0ZZZZZZZZZZZZZZZ'), `${time}1000000000000000`);
  assert.equal(after('7ABCZZZZZZZZZZZZ'), `${time}7ABD000000000000`);
});

test('after the last id of a millisecond comes one of the next millisecond', () => {
  const last = `${ulidAt(1000).slice(0, 10)}${'Z'.repeat(16)}`;
  const next = new UlidGenerator(() => 0, last).next();
  assert.ok(next > last);
  assert.equal(timeOf(next), 1001);
});

test('ulidAt is the lowest id of its millisecond and timeOf reads it back', (t) => {
  check(
    t,
    fc.property(fc.integer({ min: 0, max: 2 ** 48 - 1 }), (time) => {
      const lowest = ulidAt(time);
      assert.match(lowest, ULID);
      assert.equal(timeOf(lowest), time);
      assert.ok(new UlidGenerator(() => time, null).next() >= lowest);
      if (time > 0) assert.ok(ulidAt(time - 1) < lowest);
    }),
    { numRuns: 1000 },
  );
  assert.equal(ulidAt(-5), FIRST_ULID);
  assert.equal(timeOf(ulidAt(2 ** 60)), 2 ** 48 - 1);
});
