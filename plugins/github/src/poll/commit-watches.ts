/**
 * Keeps a watch for each commit that somebody waits for. Where webhooks tell of runs it asks rarely: a
 * delivery may have been lost, and GitHub does not deliver again.
 */
import type { Waiter } from '@waitbus/plugin-sdk';
import { nameOf } from '../events/repository.js';
import type { Hearing } from '../hearing.js';
import { CommitWatch } from './commit-watch.js';
import type { Poller } from './poller.js';
import type { TellerParts } from './run-teller.js';
import { commitKey, commitsOf } from './targets.js';

/** How often a commit is asked for of which a webhook should tell. */
const HEARD_INTERVAL_MS = 60_000;

export interface CommitWatchesParts extends TellerParts {
  readonly poller: Poller;
  readonly hearing: Hearing;
  readonly intervalMs: number;
}

export class CommitWatches {
  readonly #parts: CommitWatchesParts;
  readonly #watches = new Map<string, CommitWatch>();
  #waiters: readonly Waiter[] = [];

  constructor(parts: CommitWatchesParts) {
    this.#parts = parts;
  }

  setWaiters(waiters: readonly Waiter[]): void {
    this.#waiters = waiters;
    this.update();
  }

  /** Who waits, or from where webhooks come, may have changed. */
  update(): void {
    const { poller, hearing, intervalMs } = this.#parts;
    const rarely = Math.max(intervalMs, HEARD_INTERVAL_MS);
    const wanted = new Map(
      commitsOf(this.#waiters).map((commit) => {
        const every = hearing.hears(nameOf(commit)) ? rarely : intervalMs;
        return [`${commitKey(commit)} ${every}`, { commit, every }];
      }),
    );
    for (const [key, watch] of this.#watches) {
      if (wanted.has(key)) continue;
      this.#watches.delete(key);
      poller.stop(watch);
    }
    for (const [key, { commit, every }] of wanted) {
      if (this.#watches.has(key)) continue;
      const watch = new CommitWatch(this.#parts, commit, every);
      this.#watches.set(key, watch);
      poller.start(watch);
    }
  }
}
