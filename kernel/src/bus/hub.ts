/**
 * The bus: hands committed events to subscriptions. A subscription is live (its cursor is at the
 * head) or catching up (it reads pages from the store); both are one mechanism. There is no queue
 * per subscriber and nobody is evicted: when a sink stops draining, its subscription falls back to
 * catching up from the last event that was written to it.
 */
import { asWaitbusError } from '@waitbus/plugin-sdk/envelope';
import type { Matcher } from '../predicate/index.js';
import type { CommittedEvent } from '../store/event.js';
import { MAX_FRAME_BYTES, subjectFromStored, wireFromStored } from '../store/event.js';
import type { StoredFrame } from '../store/statements.js';
import { Candidates } from './candidates.js';
import {
  Subscription,
  type Position,
  type Sink,
  type SubscriptionRequest,
} from './subscription.js';

/** What the bus reads: the log, as pages and a floor. */
export interface Log {
  readonly head: string | null;
  readonly headSeq: number;
  readonly floor: string | null;
  readonly floorSeq: number;
  page(after: number, maxRows: number, maxBytes: number): readonly StoredFrame[];
}

export interface HubOptions {
  readonly log: Log;
  /** Runs a function in a later turn of the event loop. */
  readonly defer: (work: () => void) => void;
  /** The frame that says which events retention removed. */
  readonly gapFrame: (after: string, floor: string) => Buffer;
  /** A page could not be read; the subscription has been ended. */
  readonly onReadError: (error: unknown) => void;
}

/** One step of catching up: where the cursor goes, and the frames that are written on the way. */
interface Step {
  readonly position: Position;
  readonly bytes: Buffer;
}

/** A page holds the loop for a few milliseconds at most, and bounds what a stalled sink can hold. */
const PAGE_ROWS = 128;
const PAGE_BYTES = 64 * 1024;

export class Hub {
  readonly #options: HubOptions;
  readonly #live = new Candidates();
  readonly #all = new Set<Subscription>();

  constructor(options: HubOptions) {
    this.#options = options;
  }

  get size(): number {
    return this.#all.size;
  }

  /**
   * Adds a subscription.
   * @param position the place to replay from; null for live from now on
   * @param onCaughtUp called once the replay has reached the head
   */
  subscribe(
    request: SubscriptionRequest,
    sink: Sink,
    position: Position | null,
    onCaughtUp?: () => void,
  ): Subscription {
    const subscription = new Subscription(request, sink, position, onCaughtUp);
    this.#all.add(subscription);
    if (subscription.live) this.#live.add(subscription);
    else this.#options.defer(() => this.advance(subscription));
    return subscription;
  }

  unsubscribe(subscription: Subscription): void {
    if (subscription.closed) return;
    subscription.closed = true;
    this.#all.delete(subscription);
    this.#live.remove(subscription);
  }

  /** Hands newly committed events, in log order, to the live subscriptions that match. */
  publish(events: readonly CommittedEvent[]): void {
    const touched = new Set<Sink>();
    for (const event of events) {
      this.#live.each(event.subject, (subscription) => {
        if (!subscription.live || subscription.lastSeq === event.seq) return;
        subscription.lastSeq = event.seq;
        if (subscription.selects?.(event.subject) === false) return;
        touched.add(subscription.sink);
        if (!subscription.sink.write(event.wire)) this.#fallBehind(subscription, event);
      });
    }
    for (const sink of touched) sink.flush();
  }

  /** The sink has room again: goes on from the cursor. */
  drained(subscription: Subscription): void {
    if (!subscription.stalled || subscription.closed) return;
    subscription.stalled = false;
    this.advance(subscription);
  }

  /** Sends a control frame to those subscriptions that are not behind. */
  broadcast(frame: Buffer): void {
    const { log } = this.#options;
    for (const subscription of this.#all) {
      const { sink, stalled, live } = subscription;
      if (stalled) continue;
      const drains = sink.write(frame);
      sink.flush();
      if (drains) continue;
      if (live) this.#fallBehind(subscription, { seq: log.headSeq, eventId: log.head ?? '' });
      else subscription.stalled = true;
    }
  }

  /** Ends every subscription; none reads the log any more. */
  close(): void {
    for (const subscription of [...this.#all]) this.unsubscribe(subscription);
  }

  /**
   * One step of catching up: a page, or the join. The join happens in the same synchronous turn in
   * which a page came back empty; as commits are synchronous too and only ever happen between
   * turns, no event can fall between the last page and the first live one, and none is in both.
   */
  advance(subscription: Subscription): void {
    const { position, selects, sink } = subscription;
    if (subscription.closed || subscription.stalled || position === null) return;
    const { defer, onReadError } = this.#options;
    let next: Step;
    try {
      next = this.#read(position, selects);
    } catch (error) {
      this.unsubscribe(subscription);
      sink.fail(asWaitbusError(error));
      onReadError(error);
      return;
    }
    if (next.position === position) {
      this.#join(subscription);
      return;
    }
    subscription.position = next.position;
    const drains = next.bytes.length === 0 || sink.write(next.bytes);
    sink.flush();
    if (drains) defer(() => this.advance(subscription));
    else subscription.stalled = true;
  }

  /** What follows a position; the same position when nothing does. */
  #read(from: Position, selects: Matcher | null): Step {
    const { log, gapFrame } = this.#options;
    const chunks: Buffer[] = [];
    let position = from;
    if (log.floor !== null && from.eventId < log.floor) {
      chunks.push(gapFrame(from.eventId, log.floor));
      position = { seq: log.floorSeq, eventId: log.floor };
    }
    const page = log.page(position.seq, PAGE_ROWS, PAGE_BYTES);
    const last = page.at(-1);
    if (last !== undefined) position = { seq: last.seq, eventId: last.event_id };
    const wanted =
      selects === null ? page : page.filter((row) => selects(subjectFromStored(row.frame)));
    if (wanted.length > 0) chunks.push(joined(wanted));
    const [only = Buffer.alloc(0)] = chunks;
    return { position, bytes: chunks.length > 1 ? Buffer.concat(chunks) : only };
  }

  #join(subscription: Subscription): void {
    subscription.position = null;
    this.#live.add(subscription);
    subscription.onCaughtUp();
    subscription.onCaughtUp = () => undefined;
    subscription.sink.flush();
  }

  /** What was written is delivered; the cursor stands right after it. */
  #fallBehind(subscription: Subscription, { seq, eventId }: Position): void {
    subscription.position = { seq, eventId };
    subscription.stalled = true;
    this.#live.remove(subscription);
  }
}

/** The page's frames as one chunk, so that it is one write. */
function joined(rows: readonly StoredFrame[]): Buffer {
  if (rows.some((row) => row.frame.length > MAX_FRAME_BYTES)) {
    return Buffer.concat(rows.map((row) => wireFromStored(row.frame)));
  }
  const size = rows.reduce((sum, row) => sum + 4 + row.frame.length, 0);
  const chunk = Buffer.allocUnsafe(size);
  let at = 0;
  for (const { frame } of rows) {
    at = chunk.writeUInt32BE(frame.length, at);
    at += frame.copy(chunk, at);
  }
  return chunk;
}
