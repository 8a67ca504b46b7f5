/**
 * The join of live and catch-up: whatever commits, page reads, stalls, drains, reconnects and
 * removals fall between, a subscriber gets each event that it asked for once and in order, or a
 * `gap` exactly where retention was faster.
 */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { checkEnvelope } from '@waitbus/plugin-sdk/envelope';
import fc from 'fast-check';
import { event, Place } from '../../../test/support/kernel.js';
import { check } from '../../../test/support/property.js';
import { Hub, type Log } from '../../src/bus/hub.js';
import {
  EVERYTHING,
  type Position,
  type Sink,
  type Subscription,
  type SubscriptionRequest,
} from '../../src/bus/subscription.js';
import { parsePredicate } from '../../src/predicate/index.js';
import { encodeFrame, FrameDecoder, parseFrame } from '../../src/socket/frame.js';
import { FIRST_ULID } from '../../src/store/ulid.js';
import { Store } from '../../src/store/store.js';

const KEYS = ['a', 'b', 'c'] as const;
type Key = (typeof KEYS)[number];

type Step =
  | { readonly do: 'append'; readonly keys: readonly Key[] }
  | { readonly do: 'turn'; readonly which: number }
  | { readonly do: 'drain'; readonly who: number }
  | {
      readonly do: 'subscribe';
      readonly wants: Wants;
      readonly stalls: readonly boolean[];
      readonly since: number | null;
    }
  | { readonly do: 'reconnect'; readonly who: number; readonly keep: number }
  | { readonly do: 'prune'; readonly rows: number };

type Wants = 'all' | Key | 'a or b' | 'never';

const REQUESTS: Readonly<Record<Wants, SubscriptionRequest>> = {
  all: EVERYTHING,
  a: { ...EVERYTHING, match: parsePredicate(['fields.key="a"']) },
  b: { ...EVERYTHING, eventTypes: ['type_b'] },
  c: { ...EVERYTHING, match: parsePredicate(['fields.key^="c"']) },
  // Two anchors that both hold for one event, so that the index visits it twice.
  'a or b': {
    ...EVERYTHING,
    anyOf: ['key="a"', 'other="a"', 'key="b"'].map((spec) => parsePredicate([`fields.${spec}`])),
  },
  never: { ...EVERYTHING, sources: ['nobody'] },
};

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

const EMPTY_LOG: Log = {
  head: null,
  headSeq: 0,
  floor: null,
  floorSeq: 0,
  page: (after) => ({ through: after, bytes: Buffer.alloc(0) }),
  select: (_prefilter, after) => ({ seqs: [], through: after }),
  frameAt: () => assert.fail('an empty log has no frame'),
  idAt: () => null,
};

test('a page that cannot be read ends its subscription with the error and no other', () => {
  using place = new Place();
  const store = new Store({ file: place.path('events.db'), now: Date.now });
  const tasks: (() => void)[] = [];
  const reported: unknown[] = [];
  let broken = true;
  const hub = new Hub({
    log: {
      ...EMPTY_LOG,
      page: (...args) => {
        if (broken) throw new Error('the disk is gone');
        return store.page(...args);
      },
    },
    defer: (work) => tasks.push(work),
    gapFrame: () => Buffer.alloc(0),
    onReadError: (error) => reported.push(error),
  });
  const [failing, healthy] = [new Recorder([false]), new Recorder([false])];
  hub.subscribe(EVERYTHING, failing, { seq: 0, eventId: FIRST_ULID });
  hub.subscribe(EVERYTHING, healthy, null);
  tasks.shift()?.();
  broken = false;
  assert.equal(failing.failure?.code, 'WAITBUS_INTERNAL');
  assert.equal(reported.length, 1);
  assert.equal(hub.size, 1);
  hub.publish(store.append([[checkEnvelope(event())]]).committed);
  assert.deepEqual([failing.frames.length, healthy.frames.length], [0, 1]);
  store.close();
});

test('a stored frame that is damaged ends the replay that meets it, not the process', () => {
  const tasks: (() => void)[] = [];
  const hub = new Hub({
    log: {
      ...EMPTY_LOG,
      select: () => ({ seqs: [1], through: 1 }),
      frameAt: () => Buffer.from('{"kind":"event",#'),
    },
    defer: (work) => tasks.push(work),
    gapFrame: () => Buffer.alloc(0),
    onReadError: () => undefined,
  });
  const sink = new Recorder([false]);
  hub.subscribe(REQUESTS.a, sink, { seq: 0, eventId: FIRST_ULID });
  tasks.shift()?.();
  assert.notEqual(sink.failure, null);
  assert.equal(hub.size, 0);
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

interface Received {
  readonly kind: unknown;
  readonly event_id: string;
  readonly after: string;
  readonly floor: string;
}

/** A sink that says it is behind whenever its script says so, and must then be left alone. */
class Recorder implements Sink {
  readonly frames: Received[] = [];
  failure: { readonly code: string } | null = null;
  behind = false;
  writes = 0;
  readonly #stalls: readonly boolean[];
  readonly #decoder = new FrameDecoder(1_000_000);

  constructor(stalls: readonly boolean[]) {
    this.#stalls = stalls;
  }

  write(bytes: Buffer): boolean {
    assert.equal(this.behind, false, 'written to while behind');
    for (const body of this.#decoder.push(bytes)) {
      this.frames.push(parseFrame(body) as unknown as Received);
    }
    this.behind = this.#stalls[this.writes % this.#stalls.length] === true;
    this.writes += 1;
    return !this.behind;
  }

  flush(): void {
    // Frames are recorded as they are written.
  }

  fail(error: { readonly code: string }): void {
    this.failure = error;
  }
}

/** One client's history over its reconnects. */
interface Reader {
  readonly wants: Wants;
  readonly stalls: readonly boolean[];
  /** The cursor that this connection began from. */
  start: Position;
  sink: Recorder;
  subscription: Subscription;
}

/** The hub over a real store, with turns of the event loop and drains in the test's hand. */
class World {
  readonly store: Store;
  readonly hub: Hub;
  readonly readers: Reader[] = [];
  /** All that was ever committed, removed or not, in order. */
  readonly history: { readonly id: string; readonly seq: number; readonly key: Key }[] = [];
  stalls = 0;
  readonly #base: Position;
  readonly #floors = new Set<string>();
  readonly #past: Reader[] = [];
  #tasks: (() => void)[] = [];

  /** What the log held before is removed; its last event is the place before the history. */
  constructor(store: Store) {
    this.store = store;
    store.prune(store.headSeq, Infinity);
    this.#base = { seq: store.headSeq, eventId: store.head ?? FIRST_ULID };
    this.hub = new Hub({
      log: this.store,
      defer: (work) => this.#tasks.push(work),
      gapFrame: (after, floor) => encodeFrame({ kind: 'gap', after, floor }),
      onReadError: (error) => assert.fail(String(error)),
    });
  }

  take(step: Step): void {
    switch (step.do) {
      case 'append':
        return this.#append(step.keys);
      case 'turn':
        return this.#turn(step.which);
      case 'drain':
        return this.#drain(this.readers[step.who]);
      case 'subscribe':
        if (this.readers.length < 6)
          this.readers.push(this.#connect(step.wants, step.stalls, this.#cursor(step.since)));
        return;
      case 'reconnect':
        return this.#reconnect(step.who, step.keep);
      case 'prune':
        this.store.prune(this.store.headSeq, step.rows);
        if (this.store.floor !== null) this.#floors.add(this.store.floor);
    }
  }

  /** Drains everyone and runs every turn until nothing is left to do. */
  settle(): void {
    for (
      let rounds = 0;
      this.#tasks.length > 0 || this.readers.some(({ sink }) => sink.behind);
      rounds += 1
    ) {
      assert.ok(rounds < 10_000, 'the hub does not come to rest');
      for (const reader of this.readers) this.#drain(reader);
      this.#turn(0);
    }
  }

  count(kind: string): number {
    return [...this.#past, ...this.readers].reduce(
      (sum, { sink }) => sum + sink.frames.filter((frame) => frame.kind === kind).length,
      0,
    );
  }

  /** What every connection got is what it should have got. */
  verify(): void {
    for (const reader of this.#past) this.#follow(reader);
    for (const reader of this.readers) {
      const end = this.#follow(reader);
      const missed = this.#wanted(reader, end).map(({ seq }) => seq);
      assert.deepEqual(missed, [], `missed after ${end}`);
    }
  }

  /** Walks along what was received; returns the position reached. */
  #follow(reader: Reader): number {
    let at = reader.start.seq;
    for (const frame of reader.sink.frames) {
      const [next] = this.#wanted(reader, at);
      if (frame.kind === 'event') {
        assert.equal(frame.event_id, next?.id, 'a loss, a repeat or a wrong order');
        at = next?.seq ?? at;
        continue;
      }
      assert.equal(frame.kind, 'gap');
      assert.ok(this.#floors.has(frame.floor), 'the floor was one');
      assert.ok(frame.after < frame.floor, 'something after the cursor was removed');
      const floorSeq = this.#seqOf(frame.floor);
      const afterSeq = this.#seqOf(frame.after);
      assert.ok(afterSeq >= at, 'the gap begins where the reader stands or later');
      assert.ok(next === undefined || next.seq > afterSeq, 'nothing is skipped before the gap');
      at = floorSeq;
    }
    return at;
  }

  #wanted({ wants }: Reader, after: number) {
    return this.history.filter(({ seq, key }) => seq > after && takes(wants, key));
  }

  #append(keys: readonly Key[]): void {
    const units = keys.map((key) => [
      checkEnvelope(event({ event_type: `type_${key}`, fields: { key, other: key } })),
    ]);
    const { committed } = this.store.append(units);
    committed.forEach(({ seq, eventId }, index) => {
      this.history.push({ id: eventId, seq, key: keys[index] ?? 'a' });
    });
    this.hub.publish(committed);
  }

  #turn(which: number): void {
    const [task] = this.#tasks.splice(which % Math.max(1, this.#tasks.length), 1);
    task?.();
  }

  #drain(reader: Reader | undefined): void {
    if (reader?.sink.behind !== true) return;
    this.stalls += 1;
    reader.sink.behind = false;
    this.hub.drained(reader.subscription);
  }

  /** From the reader's point of view some of what was written never arrived. */
  #reconnect(who: number, keep: number): void {
    const reader = this.readers[who];
    if (reader === undefined) return;
    this.hub.unsubscribe(reader.subscription);
    const { frames } = reader.sink;
    frames.splice(keep);
    const last = frames.findLast(({ kind }) => kind === 'event');
    const cursor = last?.event_id ?? reader.start.eventId;
    this.#past.push(reader);
    this.readers[who] = this.#connect(reader.wants, reader.stalls, cursor);
  }

  #connect(wants: Wants, stalls: readonly boolean[], cursor: string | null): Reader {
    const sink = new Recorder(stalls);
    const head = { seq: this.store.headSeq, eventId: this.store.head ?? this.#base.eventId };
    const position =
      cursor === null ? null : { seq: this.store.seqAtOrBefore(cursor), eventId: cursor };
    const subscription = this.hub.subscribe(REQUESTS[wants], sink, position);
    const start = cursor === null ? head : { seq: this.#seqOf(cursor), eventId: cursor };
    return { wants, stalls, start, sink, subscription };
  }

  /** null: live. Otherwise the id of some event, or the place before the first. */
  #cursor(since: number | null): string | null {
    if (since === null) return null;
    return since === 0 ? this.#base.eventId : (this.history[since - 1]?.id ?? this.store.head);
  }

  #seqOf(id: string): number {
    return this.history.find((one) => one.id === id)?.seq ?? this.#base.seq;
  }
}

function takes(wants: Wants, key: Key): boolean {
  return wants === 'all' || (wants !== 'never' && wants.split(' or ').includes(key));
}
