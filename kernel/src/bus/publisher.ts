/**
 * Group commit: what was published in one turn of the event loop becomes one transaction, or a few
 * when it is much. Subscribers hear of it in the turn of the commit, and only then are the producers
 * answered.
 */
import type { CheckedEvent } from '@waitbus/plugin-sdk/envelope';
import type { Outcome, Store } from '../store/store.js';
import type { Hub } from './hub.js';

/** Where events are committed. */
type Appender = Pick<Store, 'append'>;

interface Unit {
  readonly events: readonly CheckedEvent[];
  readonly done: (outcome: Outcome) => void;
}

/**
 * More events are not held back for one commit: it would save nothing, and a pipelining producer
 * fills a turn with thousands, whose objects would live long enough to be costly to collect.
 */
const MAX_EVENTS = 128;

export class Publisher {
  readonly #store: Appender;
  readonly #hub: Hub;
  readonly #afterCommit: () => void;
  #pending: Unit[] = [];
  #events = 0;
  #immediate: NodeJS.Immediate | null = null;

  /** @param afterCommit called when all has been answered */
  constructor(store: Appender, hub: Hub, afterCommit: () => void = () => undefined) {
    this.#store = store;
    this.#hub = hub;
    this.#afterCommit = afterCommit;
  }

  /** Takes events that are committed all or none; `done` is called after the commit or its failure. */
  publish(events: readonly CheckedEvent[], done: (outcome: Outcome) => void): void {
    this.#pending.push({ events, done });
    this.#events += events.length;
    if (this.#events >= MAX_EVENTS) {
      this.flush();
      return;
    }
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
    this.#events = 0;
    const { outcomes, committed } = this.#store.append(units.map((unit) => unit.events));
    this.#hub.publish(committed);
    outcomes.forEach((outcome, index) => units[index]?.done(outcome));
    this.#afterCommit();
  }
}
