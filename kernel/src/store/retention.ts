/**
 * Retention: removes from the front of the log what is too old or too much, in slices that hold
 * the loop for a few milliseconds. Off unless a limit is set.
 */
import { SteadyClock } from './steady-clock.js';
import type { Store } from './store.js';
import { timeOf, ulidAt } from './ulid.js';

export interface RetentionLimits {
  /** Events committed longer ago than this go, in milliseconds. */
  readonly maxAgeMs?: number;
  /** The oldest events go while the database uses more than this. */
  readonly maxBytes?: number;
}

export interface RetentionOptions {
  readonly store: Store;
  readonly limits: RetentionLimits;
  /** The clock, in milliseconds since the epoch. */
  readonly now: () => number;
  /** Milliseconds that no setting of the clock moves. Default: performance.now. */
  readonly monotonic?: () => number;
  /** Runs a function in a later turn of the event loop. */
  readonly defer: (work: () => void) => void;
  /** A slice failed; retention goes on at its next run. */
  readonly onError: (error: unknown) => void;
}

const SLICE_ROWS = 500;
const FIRST_STEP_MS = 60_000;

export class Retention {
  readonly #options: RetentionOptions;
  readonly #clock: SteadyClock;
  #running = false;

  constructor(options: RetentionOptions) {
    this.#options = options;
    const { store, limits, now, monotonic = () => performance.now() } = options;
    const oldest = store.idAt(store.floorSeq + 1);
    // Whether the clock is right is not known now: only the oldest minute may go at once.
    const start = oldest === null ? now() : timeOf(oldest) + (limits.maxAgeMs ?? 0) + FIRST_STEP_MS;
    this.#clock = new SteadyClock(now, monotonic, start);
  }

  /** Begins to remove what is over the limits, unless it is at it already. */
  run(): void {
    if (this.#running) return;
    this.#running = true;
    this.#slice();
  }

  #slice(): void {
    let removed = 0;
    try {
      removed = this.#options.store.prune(this.#upTo(), SLICE_ROWS);
    } catch (error) {
      this.#options.onError(error);
    }
    this.#running = removed > 0;
    if (this.#running) this.#options.defer(() => this.#slice());
  }

  /** The newest position that may go now; for the size limit, a slice and then a new look. */
  #upTo(): number {
    const { store, limits } = this.#options;
    let upTo = 0;
    if (limits.maxAgeMs !== undefined)
      upTo = store.seqAtOrBefore(ulidAt(this.#clock.read() - limits.maxAgeMs));
    if (limits.maxBytes !== undefined && store.usedBytes() > limits.maxBytes) upTo = store.headSeq;
    return upTo;
  }
}
