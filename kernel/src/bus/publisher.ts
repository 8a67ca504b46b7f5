/**
 * Group commit: all that was published in one turn of the event loop becomes one transaction.
 * Subscribers hear of it in the turn of the commit, and only then are the producers answered.
 */
import type { CheckedEvent } from '@waitbus/plugin-sdk/envelope';
import type { Outcome, Store } from '../store/store.js';
import type { Hub } from './hub.js';

interface Unit {
  readonly events: readonly CheckedEvent[];
  readonly done: (outcome: Outcome) => void;
}

export class Publisher {
  readonly #store: Store;
  readonly #hub: Hub;
  #pending: Unit[] = [];
  #immediate: NodeJS.Immediate | null = null;

  constructor(store: Store, hub: Hub) {
    this.#store = store;
    this.#hub = hub;
  }

  /** Takes events that are committed all or none; `done` is called after the commit or its failure. */
  publish(events: readonly CheckedEvent[], done: (outcome: Outcome) => void): void {
    this.#pending.push({ events, done });
    // The check phase follows the poll phase in which all readable sockets were read.
    this.#immediate ??= setImmediate(() => this.flush());
  }

  /** Commits what is pending, now. */
  flush(): void {
    if (this.#immediate !== null) clearImmediate(this.#immediate);
    this.#immediate = null;
    const units = this.#pending;
    if (units.length === 0) return;
    this.#pending = [];
    const { outcomes, committed } = this.#store.append(units.map((unit) => unit.events));
    this.#hub.publish(committed);
    outcomes.forEach((outcome, index) => units[index]?.done(outcome));
  }
}
