/**
 * Durable watches as the daemon serves them: what a name wants to be woken by, kept over restarts.
 * An event is given to one taker at a time, and again to the next if that one's connection ends
 * before it said `woke`; after that never.
 */
import { randomBytes } from 'node:crypto';
import { asWaitbusError, stringifyJson, type WaitbusError } from '@waitbus/plugin-sdk/envelope';
import { FIRST_ULID } from '../store/ulid.js';
import type { WakeRow, WatchRow } from '../store/watch-tables.js';
import { Given } from './given.js';
import { checkPossible, compile, Looker } from './look.js';
import { Parking, type Take } from './parking.js';
import { bad, described, noWatch, shown, tooMany } from './said.js';
import type { Ack, Taker, Wakes, Wanted, WatchesOptions } from './terms.js';

const MAX_WATCHES = 1000;
const MAX_WATCHES_OF_ONE = 64;
/** Of a name: so many that nobody took yet are kept, then its watches look no further. */
const MAX_WAITING = 1000;
/** Of a name: so many that are settled stay to be looked at. */
const KEPT_SETTLED = 1000;
const DAY_MS = 24 * 3_600_000;
/** A watch that nobody takes from or registers for so long is forgotten. */
const UNUSED_MS = 30 * DAY_MS;
const MAX_BYTES = 256 * 1024;

export class Watches {
  readonly #options: WatchesOptions;
  readonly #looker: Looker;
  readonly #parking: Parking;
  readonly #given = new Given();
  #closed = false;

  constructor(options: WatchesOptions) {
    this.#options = options;
    this.#looker = new Looker(options);
    this.#parking = new Parking(options, this.#looker, (name) => this.#serve(name));
  }

  /**
   * Registers what wakes a name; the same again is the watch that is there.
   * @throws WaitbusError WAITBUS_BAD_REQUEST, WAITBUS_UNKNOWN_SOURCE, WAITBUS_CANNOT_MATCH
   */
  register({ name, asked, members }: Wanted): object {
    const { store, now } = this.#options;
    compile(asked, this.#options);
    checkPossible(asked, this.#options);
    const text = stringifyJson(members);
    const own = store.watches.watches(name);
    const known = own.find((watch) => watch.asked === text);
    if (known !== undefined) {
      store.watches.used(name, now());
      return described({ ...known, used_at: now() });
    }
    if (own.length >= MAX_WATCHES_OF_ONE)
      throw bad(`${name} has ${MAX_WATCHES_OF_ONE} watches already`, tooMany(name));
    if (store.watches.count() >= MAX_WATCHES)
      throw bad(`at most ${MAX_WATCHES} watches are kept`, tooMany(null));
    const { since } = asked;
    const watch: WatchRow = {
      id: randomBytes(8).toString('hex'),
      name,
      asked: text,
      seq: since === null ? store.headSeq : store.seqAtOrBefore(since),
      event_id: since ?? store.head ?? FIRST_ULID,
      created_at: now(),
      used_at: now(),
    };
    store.watches.add(watch);
    this.#parking.changed(name);
    return described(watch);
  }

  /** @returns how many there were */
  remove(name: string, id: string | null): number {
    const { store } = this.#options;
    this.#looker.forget();
    const removed = store.watches.remove(name, id);
    this.#parking.changed(name);
    return removed;
  }

  list(name: string | null): readonly object[] {
    return this.#options.store.watches.watches(name).map(described);
  }

  /** Answered once there is something for the name; at once if it may not wait. */
  take(take: Take): void {
    const { store, now } = this.#options;
    if (store.watches.watches(take.name).length === 0) {
      throw bad(`nothing is watched for ${take.name}`, noWatch(take.name));
    }
    if (this.#parking.hasTaker(take.taker)) throw bad('this connection waits in a take already');
    store.watches.used(take.name, now());
    this.#parking.add(take);
    this.#serve(take.name);
  }

  /**
   * What was given to this taker has woken its harness.
   * @param upTo an event_id: only up to there, and the rest stays in its hand; null: all of it
   * @returns how many events
   */
  woke(taker: Taker, upTo: string | null): number {
    const { store, now } = this.#options;
    const through = upTo === null ? Infinity : store.seqAtOrBefore(upTo);
    const settled = this.#given.upTo(taker, through);
    let count = 0;
    for (const [name, { seqs, gap }] of settled) {
      store.watches.woke(name, [...seqs], now(), KEPT_SETTLED);
      if (gap !== null) store.watches.gapTold(name, gap);
      count += seqs.size;
    }
    // Not before it is stored: whoever is refused may say it again.
    this.#given.settle(taker, through);
    // There is room for more of them now.
    for (const name of settled.keys()) this.#serve(name);
    return count;
  }

  /** Acknowledges all that woke; or all up to an event, also what was not looked at yet. */
  ack({ name, upTo, done, fail }: Ack, before = 0): void {
    const { store, now } = this.#options;
    const seq = upTo === null ? null : store.seqAtOrBefore(upTo);
    const settle = (): void => {
      const count = store.watches.ack(name, seq, now(), KEPT_SETTLED);
      // As many as may wait: the watches could not look further.
      if (seq !== null && count >= MAX_WAITING)
        this.ack({ name, upTo, done, fail }, before + count);
      else done(before + count);
    };
    if (seq === null) settle();
    else this.#lookThrough(name, settle, fail);
  }

  /** Shows the newest that were matched, once the log has been looked through as far as it can be. */
  wakes({ name, limit, done, fail }: Wakes): void {
    const { store, defer } = this.#options;
    const names = new Set(store.watches.watches(name).map((watch) => watch.name));
    const show = (): void => {
      const isGiven = (row: WakeRow) => this.#given.of(row.name).seqs.has(row.seq);
      done(store.watches.wakes(name, limit).map((row) => shown(row, isGiven(row))));
    };
    const next = (): void => {
      const [first] = names;
      if (first === undefined) {
        attempt(show, fail);
        return;
      }
      names.delete(first);
      const goOn = (): void => defer(next);
      this.#lookThrough(first, goOn, goOn);
    };
    next();
  }

  /** A connection has ended: what it was given and did not say `woke` of is there for the next. */
  left(taker: Taker): void {
    if (this.#closed) return;
    this.#parking.remove(taker);
    for (const name of this.#given.drop(taker)) this.#serve(name);
  }

  /** Forgets what nobody has used for long; who waits uses it. */
  forgetUnused(): void {
    const { store, now } = this.#options;
    const at = now();
    for (const name of this.#parking.names()) store.watches.used(name, at, at - DAY_MS);
    if (store.watches.removeUnused(at - UNUSED_MS) > 0) this.#looker.forget();
  }

  close(): void {
    this.#closed = true;
    this.#parking.close();
  }

  /** Gives what there is to those that wait, in the order in which they came. */
  #serve(name: string): void {
    if (!this.#parking.has(name)) return;
    const give = (): void => {
      for (const take of this.#parking.of(name)) {
        const one = () => void (this.#give(take) || this.#parking.park(take));
        attempt(one, (error) => this.#parking.failOne(take, error));
      }
    };
    this.#lookThrough(name, give, (error) => this.#parking.fail(name, error));
  }

  /** @returns whether the take was answered */
  #give(take: Take): boolean {
    const { store, now } = this.#options;
    const { name, taker, max } = take;
    const { floor } = store;
    if (floor !== null) store.watches.lost(name, store.floorSeq, { after: FIRST_ULID, floor });
    const inHand = this.#given.of(name);
    const gap = inHand.gap === null ? store.watches.gap(name) : null;
    const taken = inHand.seqs;
    const frames: string[] = [];
    const seqs: number[] = [];
    let bytes = 0;
    for (const { seq } of store.watches.waiting(name, max + taken.size)) {
      if (taken.has(seq) || seqs.length >= max) continue;
      const frame = store.frameAt(seq).toString('utf8');
      bytes += frame.length;
      if (seqs.length > 0 && bytes > MAX_BYTES) break;
      frames.push(frame);
      seqs.push(seq);
    }
    if (seqs.length === 0 && gap === null && take.mayWait) return false;
    store.watches.delivered(name, seqs, now());
    if (seqs.length > 0 || gap !== null) this.#given.add(taker, name, seqs, gap);
    this.#parking.remove(taker);
    take.answer({ frames, gap });
    return true;
  }

  /**
   * Every watch of a name looks on to the head, a page a turn; `done` runs in the last turn.
   * @param fail called in place of it, or when it throws
   */
  #lookThrough(name: string, done: () => void, fail: (error: WaitbusError) => void): void {
    const { store, defer, onError } = this.#options;
    if (this.#closed) return;
    try {
      let more = false;
      const room = store.watches.waiting(name, MAX_WAITING).length < MAX_WAITING;
      for (const watch of room ? store.watches.watches(name) : []) {
        const isMore = this.#looker.look(watch);
        more ||= isMore;
      }
      if (more) defer(() => this.#lookThrough(name, done, fail));
      else done();
    } catch (error) {
      onError(error);
      fail(asWaitbusError(error));
    }
  }
}

function attempt(work: () => void, fail: (error: WaitbusError) => void): void {
  try {
    work();
  } catch (error) {
    fail(asWaitbusError(error));
  }
}
