/**
 * When the index of keys is filled: once the log has been quiet for a moment, or has grown far past
 * the index. A little a turn, so that nobody waits for it.
 */

/** What is indexed: the store. */
export interface Indexable {
  /** How many events the index does not reach yet. */
  readonly unindexed: number;
  /** Indexes a little more. */
  index(): void;
}

export interface IndexingOptions {
  readonly store: Indexable;
  /** Runs a function in a later turn of the event loop. */
  readonly defer: (work: () => void) => void;
  /** A step failed; it is tried again after a later commit. */
  readonly onError: (error: unknown) => void;
}

/** Fewer events are looked through as fast as found in the index: about a millisecond. */
const WORTH_EVENTS = 1024;
/** More events are indexed even while others come in: about 50 ms to look through. */
const FAR_EVENTS = 32_768;
/** Without a commit for so long, the log is quiet. */
const QUIET_MS = 200;
/** Between two steps while others come in: some five times what a step takes. */
const PAUSE_MS = 5;

export class Indexing {
  readonly #options: IndexingOptions;
  #commits = 0;
  #timer: NodeJS.Timeout | null = null;
  #running = false;
  #closed = false;

  constructor(options: IndexingOptions) {
    this.#options = options;
  }

  /** To be called after a commit, and at the start. */
  afterCommit(): void {
    this.#commits += 1;
    if (this.#running || this.#closed) return;
    if (this.#options.store.unindexed < WORTH_EVENTS) return;
    this.#running = true;
    this.#goOn();
  }

  close(): void {
    this.#closed = true;
    if (this.#timer !== null) clearTimeout(this.#timer);
  }

  /** Waits for quiet, or for a short while if there is much to do, and then for the next turn. */
  #goOn(): void {
    const commits = this.#commits;
    const isFar = this.#options.store.unindexed >= FAR_EVENTS;
    this.#timer = setTimeout(
      () => {
        if (isFar || commits === this.#commits) this.#step();
        else this.#goOn();
      },
      isFar ? PAUSE_MS : QUIET_MS,
    );
  }

  #step(): void {
    const { store, defer, onError } = this.#options;
    if (this.#closed) return;
    try {
      store.index();
    } catch (error) {
      this.#running = false;
      onError(error);
      return;
    }
    this.#running = store.unindexed > 0;
    if (!this.#running) return;
    const commits = this.#commits;
    defer(() => {
      if (commits === this.#commits) this.#step();
      else this.#goOn();
    });
  }
}
