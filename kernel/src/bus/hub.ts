/**
 * The bus: hands committed events to subscriptions. A subscription is live (its cursor is at the
 * head) or catching up (it reads pages from the store); both are one mechanism. There is no queue
 * per subscriber and nobody is evicted: when a sink stops draining, its subscription falls back to
 * catching up from the last event that was written to it.
 */
import { asWaitbusError } from '@waitbus/plugin-sdk/envelope';
import { subjectFromStored, type CommittedEvent } from '../store/event.js';
import { READ_BYTES, wireFromStored, type Page } from '../store/page.js';
import { chunksOf, type Chunk } from '../store/wire.js';
import { Candidates } from './candidates.js';
import type { Log } from './log.js';
import {
  Subscription,
  type Position,
  type Sink,
  type SubscriptionRequest,
} from './subscription.js';

export interface HubOptions {
  readonly log: Log;
  /** Runs a function in a later turn of the event loop. */
  readonly defer: (work: () => void) => void;
  /** The frame that says which events retention removed. */
  readonly gapFrame: (after: string, floor: string) => Buffer;
  /** A page could not be read; the subscription has been ended. */
  readonly onReadError: (error: unknown) => void;
  /** So many bytes were copied out of the log for a replay. */
  readonly onCopied?: (bytes: number) => void;
}

/** One step of catching up: where the cursor goes, and the frames that are written on the way. */
interface Step {
  readonly position: Position;
  readonly bytes: Buffer;
}

/** A page holds the loop for a few milliseconds at most, and bounds what a stalled sink can hold. */
const PAGE_ROWS = 128;
const PAGE_BYTES = 64 * 1024;

/** Control frames that wait for a subscription to catch up. */
const MAX_PENDING = 256;

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

  get #head(): Position {
    const { headSeq: seq, head } = this.#options.log;
    return { seq, eventId: head ?? '' };
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
    const everything: Subscription[] = [];
    const matches = new Map<Subscription, CommittedEvent[]>();
    for (const event of events) {
      this.#live.each(event, (subscription) => {
        if (subscription.lastSeq === event.seq) return;
        subscription.lastSeq = event.seq;
        if (subscription.selects === null) {
          if (event === events[0]) everything.push(subscription);
          return;
        }
        if (!subscription.selects(event.subject)) return;
        const matched = matches.get(subscription);
        if (matched === undefined) matches.set(subscription, [event]);
        else matched.push(event);
      });
    }
    if (everything.length > 0) {
      const chunks = chunksOf(events);
      for (const subscription of everything) this.#deliver(subscription, chunks);
    }
    for (const [subscription, matched] of matches) this.#deliver(subscription, chunksOf(matched));
  }

  /** Writes until the sink is behind; what is left then is read from the log. */
  #deliver(subscription: Subscription, chunks: readonly Chunk<CommittedEvent>[]): void {
    const { sink } = subscription;
    for (const { bytes, last } of chunks) {
      if (sink.write(bytes)) continue;
      this.#fallBehind(subscription, last);
      break;
    }
    sink.flush();
  }

  /** The sink has room again: goes on from the cursor. */
  drained(subscription: Subscription): void {
    if (!subscription.stalled || subscription.closed) return;
    subscription.stalled = false;
    this.#options.defer(() => this.advance(subscription));
  }

  /** Sends a control frame to those subscriptions that are not behind. */
  broadcast(frame: Buffer): void {
    for (const subscription of this.#all) {
      const { sink, stalled, live } = subscription;
      if (stalled) continue;
      const drains = sink.write(frame);
      sink.flush();
      if (drains) continue;
      if (live) this.#fallBehind(subscription, this.#head);
      else subscription.stalled = true;
    }
  }

  /**
   * Sends a control frame after every event that is committed by now: at once to who is live, else
   * when the replay has reached the head. Of those that wait the oldest give way.
   */
  tell(subscription: Subscription, frame: Buffer): void {
    const { closed, live, sink, pending } = subscription;
    if (closed) return;
    if (!live) {
      if (pending.push(frame) > MAX_PENDING) pending.shift();
      return;
    }
    const drains = sink.write(frame);
    sink.flush();
    if (!drains) this.#fallBehind(subscription, this.#head);
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
    const { position, sink } = subscription;
    if (subscription.closed || subscription.stalled || position === null) return;
    const { defer, onReadError } = this.#options;
    let next: Step;
    try {
      next = this.#read(position, subscription);
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
    this.#options.onCopied?.(next.bytes.length);
    const drains = next.bytes.length === 0 || sink.write(next.bytes);
    sink.flush();
    if (drains) defer(() => this.advance(subscription));
    else subscription.stalled = true;
  }

  /** What follows a position; the same position when nothing does. */
  #read(from: Position, subscription: Subscription): Step {
    const { log, gapFrame } = this.#options;
    let position = from;
    let gap: Buffer | null = null;
    if (log.floor !== null && from.eventId < log.floor) {
      gap = gapFrame(from.eventId, log.floor);
      position = { seq: log.floorSeq, eventId: log.floor };
    }
    const { through, bytes } =
      subscription.selects === null
        ? log.page(position.seq, PAGE_ROWS, PAGE_BYTES)
        : this.#readMatching(position.seq, subscription);
    if (through > position.seq) {
      position = { seq: through, eventId: log.idAt(through) ?? position.eventId };
    }
    return { position, bytes: gap === null ? bytes : Buffer.concat([gap, bytes]) };
  }

  /** A page of what a subscription selects. */
  #readMatching(after: number, { selects, prefilter }: Subscription): Page {
    const { log } = this.#options;
    const chunks: Buffer[] = [];
    let size = 0;
    let read = 0;
    const { seqs, through } = log.select(prefilter, after, PAGE_ROWS);
    for (const seq of seqs) {
      const frame = log.frameAt(seq);
      read += frame.length;
      const wire = selects?.(subjectFromStored(frame)) === false ? null : wireFromStored(frame);
      if (wire !== null) chunks.push(wire);
      size += wire?.length ?? 0;
      const isFull = size >= PAGE_BYTES || read >= READ_BYTES;
      if (isFull) return { through: seq, bytes: Buffer.concat(chunks) };
    }
    return { through, bytes: Buffer.concat(chunks) };
  }

  #join(subscription: Subscription): void {
    subscription.position = null;
    this.#live.add(subscription);
    // Before the end of the replay is told: who waits for that has heard all that there is.
    for (const frame of subscription.pending.splice(0)) this.tell(subscription, frame);
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
