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
  /** A step failed; it is tried again after a later commit. */
  readonly onError: (error: unknown) => void;
}

/** Fewer events are looked through as fast as found in the index: about a millisecond. */
const WORTH_EVENTS = 1024;
/** More events are indexed even while others come in: about 50 ms to look through. */
const FAR_EVENTS = 32_768;
/** Without a commit for so long, the log is quiet. */
const QUIET_MS = 200;
/** Between two steps, so that few wake-ups meet one and a replay is hardly slowed. */
const PAUSE_MS = 25;

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

  /**
   * Waits, then steps.
   * @param isQuiet whether the log was quiet when it last stepped
   */
  #goOn(isQuiet = false): void {
    const commits = this.#commits;
    const isFar = this.#options.store.unindexed >= FAR_EVENTS;
    this.#timer = setTimeout(
      () => {
        if (isFar || commits === this.#commits) this.#step(commits === this.#commits);
        else this.#goOn();
      },
      isFar || isQuiet ? PAUSE_MS : QUIET_MS,
    );
  }

  #step(isQuiet: boolean): void {
    const { store, onError } = this.#options;
    try {
      store.index();
    } catch (error) {
      this.#running = false;
      onError(error);
      return;
    }
    this.#running = store.unindexed > 0;
    if (this.#running) this.#goOn(isQuiet);
  }
}
