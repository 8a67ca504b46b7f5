/**
 * What those interested want of a source: the roots that must be watched, counted by generation, and
 * who waits for what. Keeps it between runs, and tells changes to the run there is.
 */
import type { HostMessage, Waiter } from '@waitbus/plugin-sdk';
import { AtMostEvery } from './at-most-every.js';
import { waitersList } from './waiter.js';

/** Many waiters may come at once, and each changes the whole list. */
const WAITERS_EVERY_MS = 250;

export class Demand {
  readonly #send: (message: HostMessage) => void;
  readonly #tellWaiters: AtMostEvery;
  #roots: readonly string[] = [];
  #generation = 0;
  #waiters: readonly Waiter[] = [];

  /** @param send says it to the run there is, if there is one */
  constructor(send: (message: HostMessage) => void) {
    this.#send = send;
    this.#tellWaiters = new AtMostEvery(WAITERS_EVERY_MS, () => send(this.#waitersMessage()));
  }

  /** Counts changes of the roots; the child answers with the generation it is armed for. */
  get generation(): number {
    return this.#generation;
  }

  setRoots(roots: readonly string[]): void {
    if (roots.join('\0') === this.#roots.join('\0')) return;
    this.#roots = roots;
    this.#generation += 1;
    this.#send(this.#rootsMessage());
  }

  setWaiters(waiters: readonly Waiter[]): void {
    if (waiters.length === 0 && this.#waiters.length === 0) return;
    this.#waiters = waiters;
    this.#tellWaiters.ask();
  }

  /** All of it, for a run that is about to start. */
  messages(): readonly HostMessage[] {
    return [this.#rootsMessage(), this.#waitersMessage()];
  }

  #rootsMessage(): HostMessage {
    return { type: 'roots', generation: this.#generation, roots: this.#roots };
  }

  #waitersMessage(): HostMessage {
    return { type: 'waiters', waiters: waitersList(this.#waiters) };
  }
}
