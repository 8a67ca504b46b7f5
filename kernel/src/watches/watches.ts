/**
 * Durable watches as the daemon serves them: what a name wants to be woken by, kept over restarts.
 * An event is given to one taker at a time, and again to the next if that one's connection ends
 * before it said `woke`; after that never.
 */
import { randomBytes } from 'node:crypto';
import { asWaitbusError, stringifyJson, WaitbusError } from '@waitbus/plugin-sdk/envelope';
import { FIRST_ULID, timeOf } from '../store/ulid.js';
import type { WakeRow, WatchRow } from '../store/watch-tables.js';
import { compile, Looker } from './look.js';
import { Parking, type Take } from './parking.js';
import type { Gap, Taker, Wanted, WatchesOptions } from './terms.js';

const MAX_WATCHES = 1000;
const MAX_WATCHES_OF_ONE = 64;
/** Of a name: so many that nobody took yet are kept, then its watches look no further. */
const MAX_WAITING = 1000;
/** Of a name: so many that are settled stay to be looked at. */
const KEPT_SETTLED = 1000;
/** A watch that nobody takes from or registers for so long is forgotten. */
const UNUSED_MS = 30 * 24 * 3_600_000;
const MAX_BYTES = 256 * 1024;

export class Watches {
  readonly #options: WatchesOptions;
  readonly #looker: Looker;
  readonly #parking: Parking;
  /** What was given and is not said to have woken anybody: seqs by name, of each taker. */
  readonly #given = new Map<Taker, Map<string, Set<number>>>();
  readonly #gaps = new Map<string, Gap>();
  #closed = false;

  constructor(options: WatchesOptions) {
    this.#options = options;
    this.#looker = new Looker(options);
    this.#parking = new Parking(options, this.#looker, (name) => this.#serve(name));
  }

  /**
   * Registers what wakes a name; the same again is the watch that is there.
   * @throws WaitbusError WAITBUS_BAD_REQUEST, WAITBUS_UNKNOWN_SOURCE
   */
  register({ name, asked, members }: Wanted): object {
    const { store, now } = this.#options;
    compile(asked, this.#options);
    const text = stringifyJson(members);
    const own = store.watches.watches(name);
    const known = own.find((watch) => watch.asked === text);
    if (known !== undefined) {
      store.watches.used(name, now());
      return described({ ...known, used_at: now() });
    }
    if (own.length >= MAX_WATCHES_OF_ONE)
      throw bad(`${name} has ${MAX_WATCHES_OF_ONE} watches already`);
    if (store.watches.count() >= MAX_WATCHES) throw bad(`at most ${MAX_WATCHES} watches are kept`);
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
    for (const watch of store.watches.watches(name)) {
      if (id === null || watch.id === id) this.#looker.forget(watch.id);
    }
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
    store.watches.used(take.name, now());
    this.#parking.add(take);
    this.#serve(take.name);
  }

  /** What was given to this taker has woken its harness. @returns how many events */
  woke(taker: Taker): number {
    const { store, now } = this.#options;
    let count = 0;
    for (const [name, seqs] of this.#given.get(taker) ?? []) {
      store.watches.woke(name, [...seqs], now(), KEPT_SETTLED);
      count += seqs.size;
    }
    this.#given.delete(taker);
    return count;
  }

  /** @param upTo an event_id; null: all that woke. @returns how many were not acknowledged before */
  ack(name: string, upTo: string | null): number {
    const { store, now } = this.#options;
    return store.watches.ack(name, upTo === null ? null : store.seqAtOrBefore(upTo), now());
  }

  /** Calls back with the newest that were matched, once the log has been looked through. */
  wakes(name: string | null, limit: number, done: (wakes: readonly object[]) => void): void {
    const { store } = this.#options;
    const names = new Set(store.watches.watches(name).map((watch) => watch.name));
    const next = (): void => {
      const [first] = names;
      if (first === undefined) {
        done(store.watches.wakes(name, limit).map((row) => this.#shown(row)));
        return;
      }
      names.delete(first);
      this.#lookThrough(first, next);
    };
    next();
  }

  /** A connection has ended: what it was given and did not say `woke` of is there for the next. */
  left(taker: Taker): void {
    if (this.#closed) return;
    this.#parking.remove(taker);
    const given = this.#given.get(taker);
    this.#given.delete(taker);
    for (const name of given?.keys() ?? []) this.#serve(name);
  }

  /** Forgets what nobody has used for long. */
  forgetUnused(): void {
    this.#options.store.watches.removeUnused(this.#options.now() - UNUSED_MS);
  }

  close(): void {
    this.#closed = true;
    this.#parking.close();
  }

  /** Gives what there is to those that wait, in the order in which they came. */
  #serve(name: string): void {
    if (!this.#parking.has(name)) return;
    this.#lookThrough(name, () => {
      for (const take of this.#parking.of(name)) {
        try {
          if (!this.#give(take)) this.#parking.park(take);
        } catch (error) {
          this.#parking.remove(take.taker);
          take.answer(asWaitbusError(error));
        }
      }
    });
  }

  /** @returns whether the take was answered */
  #give(take: Take): boolean {
    const { store, now } = this.#options;
    const { name, taker, max } = take;
    const lost = store.watches.lost(name, store.floorSeq);
    const { floor } = store;
    if (lost > 0 && floor !== null) this.#gaps.set(name, { after: FIRST_ULID, floor });
    const gap = this.#gaps.get(name) ?? null;
    const taken = this.#takenOf(name);
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
    if (seqs.length > 0) {
      const own = this.#given.get(taker) ?? new Map<string, Set<number>>();
      own.set(name, new Set([...(own.get(name) ?? []), ...seqs]));
      this.#given.set(taker, own);
    }
    this.#gaps.delete(name);
    this.#parking.remove(taker);
    take.answer({ frames, gap });
    return true;
  }

  /** Every watch of a name looks on to the head, a page a turn; `done` runs in the last turn. */
  #lookThrough(name: string, done: () => void): void {
    const { store, defer, onError } = this.#options;
    if (this.#closed) return;
    let more = false;
    try {
      const room = store.watches.waiting(name, MAX_WAITING).length < MAX_WAITING;
      for (const watch of room ? store.watches.watches(name) : []) {
        const { more: left, gap } = this.#looker.look(watch);
        if (gap !== null) this.#gaps.set(name, gap);
        more ||= left;
      }
    } catch (error) {
      onError(error);
      this.#parking.fail(name, asWaitbusError(error));
    }
    if (more) defer(() => this.#lookThrough(name, done));
    else done();
  }

  #takenOf(name: string): ReadonlySet<number> {
    const all = [...this.#given.values()].flatMap((own) => [...(own.get(name) ?? [])]);
    return new Set(all);
  }

  #shown({ seq, ...row }: WakeRow): object {
    const { woke_at: woke, acked_at: acked } = row;
    const isGiven = this.#takenOf(row.name).has(seq);
    const unsettled = isGiven ? 'delivered' : 'matched';
    const state = acked !== null ? 'acked' : woke !== null ? 'woke' : unsettled;
    return { state, emitted_at: timeOf(row.event_id), ...row };
  }
}

function described(watch: WatchRow): object {
  const { id, name, event_id: cursor, created_at: created, used_at: used } = watch;
  const asked = JSON.parse(watch.asked) as object;
  return { watch: id, name, ...asked, cursor, created_at: created, used_at: used };
}

function noWatch(name: string): string {
  return `waitbus watch --for ${name} --match '...' says what wakes it; waitbus watch --help has examples`;
}

function bad(message: string, remedy?: string): WaitbusError {
  return new WaitbusError('WAITBUS_BAD_REQUEST', message, remedy);
}
