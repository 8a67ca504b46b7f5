/**
 * How fast a source may go: as fast as it likes for a while, then at a steady rate. What is beyond
 * it is not refused, it waits. Events are paced by their acknowledgements: one beyond the allowance
 * is committed like any other, and its acknowledgement comes later; as a source can have few events
 * unacknowledged, that slows it down. So a source that floods leaves the daemon to others.
 */

export interface AllowanceOptions {
  /** A clock that only goes forward, in milliseconds. */
  readonly clock: () => number;
  /** Units a second, in the long run. Default: 2,000, for events. */
  readonly perSecond?: number;
  /** Units at once after a pause. Default: 10,000, the events that a large checkout makes. */
  readonly burst?: number;
}

/** What waits goes on together, on these marks: one wake-up for all. */
const MARK_MS = 20;
/**
 * Nothing waits longer. A program that ignores acknowledgements is not slowed by them, and what is
 * kept for it must not grow without bound.
 */
const MAX_WAIT_MS = 1000;

export class Allowance {
  readonly #clock: () => number;
  readonly #intervalMs: number;
  readonly #burstMs: number;
  /** When all units so far would be done at the steady rate. */
  #doneAt = -Infinity;

  constructor({ clock, perSecond = 2000, burst = 10_000 }: AllowanceOptions) {
    this.#clock = clock;
    this.#intervalMs = 1000 / perSecond;
    this.#burstMs = burst * this.#intervalMs;
  }

  /** Whether what comes now would wait. */
  get spent(): boolean {
    return this.#doneAt - this.#burstMs > this.#clock();
  }

  /** Counts units; how long they have to wait, in milliseconds. */
  take(units = 1): number {
    const now = this.#clock();
    const latest = now + this.#burstMs + MAX_WAIT_MS;
    this.#doneAt = Math.min(Math.max(this.#doneAt, now) + units * this.#intervalMs, latest);
    const early = this.#doneAt - this.#burstMs - now;
    return early <= 0 ? 0 : Math.ceil((now + early) / MARK_MS) * MARK_MS - now;
  }
}
