/** What the store needs besides reads and writes: folding, indexing and retention, in small pieces. */
import { Checkpoints } from './checkpoints.js';
import { Indexing } from './indexing.js';
import { Retention, type RetentionLimits } from './retention.js';
import type { Store } from './store.js';

export interface UpkeepOptions {
  readonly store: Store;
  readonly retention: RetentionLimits;
  /** The clock, in milliseconds since the epoch. */
  readonly now: () => number;
  /** Runs a function in a later turn of the event loop. */
  readonly defer: (work: () => void) => void;
  /** Something failed and will be tried again. */
  readonly onError: (error: unknown, what: string) => void;
}

export class Upkeep {
  readonly #checkpoints: Checkpoints;
  readonly #indexing: Indexing;
  readonly #retention: Retention;

  constructor({ store, retention, now, defer, onError }: UpkeepOptions) {
    const failed = (what: string) => (error: unknown) => onError(error, what);
    const folding = failed('the write-ahead log could not be folded');
    this.#checkpoints = new Checkpoints(store, folding);
    const indexing = failed('the index of keys could not be filled');
    this.#indexing = new Indexing({ store, onError: indexing });
    const removing = failed('retention failed');
    this.#retention = new Retention({ store, limits: retention, now, defer, onError: removing });
  }

  afterCommit(): void {
    this.#indexing.afterCommit();
    this.#checkpoints.afterCommit();
  }

  /** At the start, and now and then. */
  look(): void {
    this.#retention.run();
    this.#indexing.afterCommit();
  }

  close(): void {
    this.#indexing.close();
  }
}
