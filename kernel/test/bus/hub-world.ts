/**
 * The hub's world: steps that a script may take, what each subscriber wants of the log, and the
 * check that every connection got exactly that. It owns no test and draws nothing at random.
 */
import assert from 'node:assert/strict';
import { checkEnvelope } from '@waitbus/plugin-sdk/envelope';
import { event } from '../../../test/support/kernel.js';
import { Hub } from '../../src/bus/hub.js';
import {
  EVERYTHING,
  type Position,
  type Subscription,
  type SubscriptionRequest,
} from '../../src/bus/subscription.js';
import { parsePredicate } from '../../src/predicate/index.js';
import { encodeFrame } from '../../src/socket/frame.js';
import { FIRST_ULID } from '../../src/store/ulid.js';
import type { Store } from '../../src/store/store.js';
import { Recorder } from './recorder.js';

export const KEYS = ['a', 'b', 'c'] as const;
type Key = (typeof KEYS)[number];

export type Step =
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

export type Wants = 'all' | Key | 'a or b' | 'never';

export const REQUESTS: Readonly<Record<Wants, SubscriptionRequest>> = {
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
export class World {
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
