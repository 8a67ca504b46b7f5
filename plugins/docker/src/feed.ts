/**
 * From the engine's stream to the outbox: each event once, each exit once, whether the stream or the
 * engine's records told of it first.
 */
import { eventKey, type EngineEvent } from './engine-event.js';
import type { Ledger } from './ledger.js';
import type { Outbox } from './outbox.js';
import type { Runs } from './runs.js';
import { toEvent, type Observation } from './to-event.js';

/** More than what waits in the outbox and what an engine repeats together. */
const MOST_SEEN = 32_768;

export class Feed {
  readonly #runs: Runs;
  readonly #ledger: Ledger;
  readonly #outbox: Outbox;
  readonly #seen = new Set<string>();
  readonly #awaited = new Map<string, () => void>();

  constructor(runs: Runs, ledger: Ledger, outbox: Outbox) {
    this.#runs = runs;
    this.#ledger = ledger;
    this.#outbox = outbox;
  }

  take(event: EngineEvent): void {
    const key = eventKey(event);
    const { action, container, time } = event;
    // A repeat counts, too: it puts the run back to where the next ones, repeats as well, lead on.
    const seen = this.#runs.observe(event);
    if (action === 'start') this.#ledger.started(container, time);
    if (!this.#seen.has(key)) {
      this.#remember(key);
      if (seen !== null && !(action === 'die' && this.#isTold(container, time))) this.push(seen);
    }
    this.#awaited.get(key)?.();
    this.#awaited.delete(key);
  }

  push(seen: Observation): void {
    const { action, container, time, looked = false } = seen;
    const isExit = action === 'die';
    this.#outbox.push({ event: toEvent(seen), container, time, isExit, looked });
  }

  /** Resolves once this event, which the stream tells of too, has been taken. */
  passed(event: EngineEvent): Promise<void> {
    const key = eventKey(event);
    if (this.#seen.has(key)) return Promise.resolve();
    return new Promise((resolve) => this.#awaited.set(key, resolve));
  }

  #isTold(container: string, time: bigint): boolean {
    const last = this.#ledger.lastExit(container);
    return last !== undefined && (last.looked || last.time >= time);
  }

  #remember(key: string): void {
    this.#seen.add(key);
    const [oldest] = this.#seen;
    if (this.#seen.size > MOST_SEEN && oldest !== undefined) this.#seen.delete(oldest);
  }
}
