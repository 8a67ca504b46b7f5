/**
 * From which repositories webhooks come: what is heard of runs that way need not be polled. Survives
 * restarts.
 */
import type { SourceState } from '@waitbus/plugin-sdk';
import { object } from './events/members.js';

/** A webhook that was silent for so long may be gone. */
const LASTS_MS = 24 * 3_600_000;
/** The time is written again only once it is this much later. */
const WRITE_MS = 3_600_000;
const KEY = 'webhooks';

export class Hearing {
  readonly #state: SourceState;
  readonly #now: () => number;
  /** By `owner/repo`: milliseconds since the epoch. */
  readonly #last: Map<string, number>;

  constructor(state: SourceState, now: () => number = Date.now) {
    this.#state = state;
    this.#now = now;
    const saved = Object.entries(object(state.get(KEY)));
    this.#last = new Map(
      saved.flatMap(([repo, at]) => (typeof at === 'number' ? [[repo, at]] : [])),
    );
  }

  /** @returns whether it was not known to be heard of */
  hear(repo: string): boolean {
    const now = this.#now();
    const before = this.#last.get(repo);
    const isKnown = this.hears(repo);
    if (before !== undefined && Math.abs(now - before) < WRITE_MS) return !isKnown;
    this.#last.set(repo, now);
    for (const other of this.#last.keys()) if (!this.hears(other)) this.#last.delete(other);
    this.#state.set(KEY, Object.fromEntries(this.#last));
    return !isKnown;
  }

  hears(repo: string): boolean {
    const last = this.#last.get(repo);
    return last !== undefined && Math.abs(this.#now() - last) < LASTS_MS;
  }
}
