/** What a source knows of its waiters: the list as it is, and the handler that hears of changes. */
import { stringifyJson } from '../envelope/index.js';
import type { Waiter } from '../waiter.js';

export type WaitersHandler = (waiters: readonly Waiter[]) => void;

export class Waiters {
  readonly #onError: (error: unknown) => void;
  #waiters: readonly Waiter[] = [];
  #handler: WaitersHandler | null = null;
  /** The list that the handler was given last. */
  #told: string | null = null;

  /** @param onError gets what the handler throws */
  constructor(onError: (error: unknown) => void) {
    this.#onError = onError;
  }

  become(waiters: readonly Waiter[]): void {
    this.#waiters = waiters;
    this.#tell();
  }

  /** Called at once, and on each change. A second handler takes the place of the first. */
  watch(handler: WaitersHandler): void {
    this.#handler = handler;
    this.#told = null;
    this.#tell();
  }

  #tell(): void {
    if (this.#handler === null) return;
    const text = stringifyJson(this.#waiters);
    if (text === this.#told) return;
    this.#told = text;
    try {
      this.#handler(this.#waiters);
    } catch (error) {
      this.#onError(error);
    }
  }
}
