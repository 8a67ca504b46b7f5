/**
 * Takes that wait until there is something for their name. While one is parked, the bus hears for it
 * and the sources of its watches run.
 */
import type { WaitbusError } from '@waitbus/plugin-sdk/envelope';
import type { InterestGrant } from '../bus/interest.js';
import type { Subscription } from '../bus/subscription.js';
import { interestOf } from '../socket/commands/parse-subscribe.js';
import type { Looker } from './look.js';
import type { Gap, Taker, WatchesOptions } from './terms.js';

export interface Take {
  readonly taker: Taker;
  readonly name: string;
  /** At most so many events. */
  readonly max: number;
  readonly mayWait: boolean;
  /** Called once: events as the JSON of their frames. */
  readonly answer: (
    given: { readonly frames: readonly string[]; readonly gap: Gap | null } | WaitbusError,
  ) => void;
}

interface Place {
  readonly take: Take;
  subscriptions: Subscription[];
  grants: InterestGrant[];
}

export class Parking {
  readonly #options: WatchesOptions;
  readonly #looker: Looker;
  readonly #heard: (name: string) => void;
  /** In the order in which they came. */
  readonly #places = new Map<Taker, Place>();

  /** @param heard something for a name may be in the log */
  constructor(options: WatchesOptions, looker: Looker, heard: (name: string) => void) {
    this.#options = options;
    this.#looker = looker;
    this.#heard = heard;
  }

  hasTaker(taker: Taker): boolean {
    return this.#places.has(taker);
  }

  /** The names that somebody waits for. */
  names(): ReadonlySet<string> {
    return new Set([...this.#places.values()].map(({ take }) => take.name));
  }

  has(name: string): boolean {
    return [...this.#places.values()].some(({ take }) => take.name === name);
  }

  of(name: string): readonly Take[] {
    return [...this.#places.values()].map(({ take }) => take).filter((take) => take.name === name);
  }

  add(take: Take): void {
    this.#places.set(take.taker, { take, subscriptions: [], grants: [] });
  }

  /**
   * Has the bus and the sources listen for it. Called in the turn in which the log had nothing for
   * it: commits happen between turns, so nothing falls between.
   */
  park(take: Take): void {
    const place = this.#places.get(take.taker);
    if (place === undefined || place.subscriptions.length > 0) return;
    const { hub, interest, store, defer } = this.#options;
    let isTold = false;
    const tellOnce = () => {
      isTold = false;
      this.#heard(take.name);
    };
    const write = () => {
      if (!isTold) defer(tellOnce);
      isTold = true;
      return true;
    };
    const sink = { write, flush: () => undefined, fail: () => undefined };
    for (const watch of store.watches.watches(take.name)) {
      const { asked, request } = this.#looker.compiled(watch);
      place.subscriptions.push(hub.subscribe(request, sink, null));
      const tell = (frame: object) => take.taker.send(frame);
      place.grants.push(interest({ ...interestOf(asked), pid: null, tell, note: tell }));
    }
    for (const grant of place.grants) grant.begin();
  }

  /** The watches of a name are others now. */
  changed(name: string): void {
    const takes = this.of(name);
    for (const take of takes) {
      this.remove(take.taker);
      this.add(take);
    }
    if (takes.length > 0) this.#heard(name);
  }

  remove(taker: Taker): void {
    const place = this.#places.get(taker);
    this.#places.delete(taker);
    for (const subscription of place?.subscriptions ?? [])
      this.#options.hub.unsubscribe(subscription);
    for (const grant of place?.grants ?? []) grant.release();
  }

  fail(name: string, error: WaitbusError): void {
    for (const take of this.of(name)) this.failOne(take, error);
  }

  failOne(take: Take, error: WaitbusError): void {
    this.remove(take.taker);
    take.answer(error);
  }

  close(): void {
    for (const taker of [...this.#places.keys()]) this.remove(taker);
  }
}
