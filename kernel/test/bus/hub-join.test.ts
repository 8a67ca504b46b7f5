/**
 * The join of live and catch-up: whatever commits, page reads, stalls, drains, reconnects and
 * removals fall between, a subscriber gets each event that it asked for once and in order, or a
 * `gap` exactly where retention was faster.
 */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { Place } from '../../../test/support/kernel.js';
import { check } from '../../../test/support/property.js';
import { encodeFrame } from '../../src/socket/frame.js';
import { Store } from '../../src/store/store.js';
import { KEYS, World, type Wants } from './hub-world.js';

const wants = fc.constantFrom<Wants>('all', 'all', 'a', 'b', 'c', 'a or b', 'never');
const who = fc.nat(5);
const append = fc.record({
  do: fc.constant('append' as const),
  keys: fc.array(fc.constantFrom(...KEYS), { minLength: 1, maxLength: 6 }),
});
const subscribe = fc.record({
  do: fc.constant('subscribe' as const),
  wants,
  stalls: fc.array(fc.boolean(), { minLength: 1, maxLength: 6 }),
  since: fc.option(fc.nat(30)),
});
const turn = fc.record({ do: fc.constant('turn' as const), which: who });
const drain = fc.record({ do: fc.constant('drain' as const), who });
const reconnect = fc.record({ do: fc.constant('reconnect' as const), who, keep: fc.nat(12) });
const prune = fc.record({
  do: fc.constant('prune' as const),
  rows: fc.integer({ min: 1, max: 8 }),
});
const steps = fc.array(
  fc.oneof(
    { weight: 4, arbitrary: append },
    { weight: 4, arbitrary: turn },
    { weight: 3, arbitrary: drain },
    { weight: 2, arbitrary: subscribe },
    { weight: 2, arbitrary: reconnect },
    { weight: 1, arbitrary: prune },
  ),
  { maxLength: 60, size: 'max' },
);

test('any interleaving delivers every matching event once, in order, or says where a gap is', (t) => {
  using place = new Place();
  const seen = { events: 0, gaps: 0, stalls: 0 };
  const store = new Store({ file: place.path('events.db'), now: () => 1_000 });
  check(
    t,
    fc.property(steps, (script) => {
      const world = new World(store);
      for (const step of script) world.take(step);
      world.settle();
      world.verify();
      seen.events += world.count('event');
      seen.gaps += world.count('gap');
      seen.stalls += world.stalls;
    }),
    { numRuns: 500 },
  );
  store.close();
  t.diagnostic(JSON.stringify(seen));
  assert.ok(seen.events > 1000 && seen.gaps > 20 && seen.stalls > 200, JSON.stringify(seen));
});

test('an event committed after the page that came back empty is live, and is delivered once', () => {
  using place = new Place();
  const world = new World(new Store({ file: place.path('events.db'), now: Date.now }));
  world.take({ do: 'append', keys: ['a', 'b'] });
  world.take({ do: 'subscribe', wants: 'all', stalls: [false], since: 0 });
  world.take({ do: 'turn', which: 0 });
  world.take({ do: 'append', keys: ['c'] });
  world.take({ do: 'turn', which: 0 });
  assert.equal(world.count('event'), 3);
  world.take({ do: 'turn', which: 0 });
  world.take({ do: 'append', keys: ['a'] });
  assert.equal(world.count('event'), 4);
  world.verify();
  world.store.close();
});

test('a heartbeat passes by a subscription that is behind', () => {
  using place = new Place();
  const world = new World(new Store({ file: place.path('events.db'), now: Date.now }));
  world.take({ do: 'subscribe', wants: 'all', stalls: [true], since: null });
  world.take({ do: 'subscribe', wants: 'all', stalls: [false], since: null });
  world.take({ do: 'append', keys: ['a'] });
  world.hub.broadcast(encodeFrame({ kind: 'daemon_heartbeat' }));
  assert.deepEqual(
    world.readers.map(({ sink }) => sink.frames.map(({ kind }) => kind)),
    [['event'], ['event', 'daemon_heartbeat']],
  );
  world.store.close();
});
