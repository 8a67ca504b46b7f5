/**
 * Folds the write-ahead log into the store before it grows long. Nearly all of the time that a
 * checkpoint takes is the wait for the disk to have the log; that wait happens in a thread of its
 * own first, so that the loop is held for a few milliseconds only.
 */
import { close, fdatasync, open } from 'node:fs';
import { promisify } from 'node:util';

/** What is folded: the store. */
export interface Foldable {
  readonly walFile: string;
  /** About how many pages the write-ahead log has grown by since the last fold. */
  readonly walPages: number;
  /** Folds what can be folded, now. */
  fold(): void;
}

/** 4 MiB: longer, and folding takes longer than a reader of the latency would forgive. */
const FOLD_PAGES = 1000;

export class Checkpoints {
  readonly #store: Foldable;
  readonly #onError: (error: unknown) => void;
  #folding: Promise<void> | null = null;

  constructor(store: Foldable, onError: (error: unknown) => void) {
    this.#store = store;
    this.#onError = onError;
  }

  /** To be called after a commit. */
  afterCommit(): void {
    if (this.#store.walPages < FOLD_PAGES || this.#folding !== null) return;
    this.#folding = this.#fold().finally(() => (this.#folding = null));
  }

  async #fold(): Promise<void> {
    try {
      await syncFile(this.#store.walFile);
      this.#store.fold();
    } catch (error) {
      this.#onError(error);
    }
  }
}

/** In the thread pool. No lock of SQLite is on this file, so that closing it takes none away. */
async function syncFile(file: string): Promise<void> {
  const descriptor = await promisify(open)(file, 'r');
  try {
    await promisify(fdatasync)(descriptor);
  } finally {
    await promisify(close)(descriptor);
  }
}
