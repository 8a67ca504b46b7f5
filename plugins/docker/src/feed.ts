/**
 * From the engine's stream to the outbox: each event once, each exit once, whether the stream or the
 * engine's records told of it first.
 */
import { eventKey, type EngineEvent } from './engine-event.js';
import type { ExitCodes } from './exit-codes.js';
import type { Ledger } from './ledger.js';
import type { Outbox } from './outbox.js';
import { Runs } from './runs.js';
import { toEvent, type Observation } from './to-event.js';
import { Verdicts, type Later } from './verdicts.js';

/** More than what waits in the outbox and what an engine repeats together. */
const MOST_SEEN = 32_768;

export interface FeedOptions {
  readonly codes: ExitCodes;
  readonly ledger: Ledger;
  readonly outbox: Pick<Outbox, 'push'>;
  readonly later?: Later | undefined;
}

export class Feed {
  readonly codes: ExitCodes;
  readonly #ledger: Ledger;
  readonly #outbox: Pick<Outbox, 'push'>;
  readonly #verdicts: Verdicts;
  readonly #seen = new Set<string>();
  readonly #awaited = new Map<string, () => void>();

  constructor({ codes, ledger, outbox, later }: FeedOptions) {
    this.codes = codes;
    this.#ledger = ledger;
    this.#outbox = outbox;
    const tell = (seen: Observation) => this.push(seen);
    this.#verdicts = new Verdicts({ runs: new Runs(), codes, ledger, tell, later });
  }

  take(event: EngineEvent): void {
    const key = eventKey(event);
    const { action, container, time } = event;
    const isRepeat = this.#seen.has(key);
    if (!isRepeat) this.#remember(key);
    const isTold = isRepeat || (action === 'die' && this.#isTold(container, time));
    if (action === 'start') this.#ledger.started(container, time);
    // A repeat counts, too: it puts the run back to where the next ones, repeats as well, lead on.
    this.#verdicts.take(event, isTold);
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

  /** Resolves once the exits that were taken are told. */
  settled(): Promise<void> {
    return this.#verdicts.settled();
  }

  /** Whether an exit of it was taken and is not told yet. */
  isPending(container: string): boolean {
    return this.#verdicts.isPending(container);
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
