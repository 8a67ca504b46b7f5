/**
 * How many events a source may emit: as fast as it likes for a while, then at a steady rate. One
 * beyond it is committed like any other, and its acknowledgement waits; as a source can have few
 * events unacknowledged, that slows it down. So a source that floods leaves the daemon to others.
 */

export interface AllowanceOptions {
  /** A clock that only goes forward, in milliseconds. */
  readonly clock: () => number;
  /** Events a second, in the long run. Default: 2,000. */
  readonly perSecond?: number;
  /** Events at once after a pause. Default: 10,000, as a large checkout makes. */
  readonly burst?: number;
}

/** Acknowledgements that wait are given together, on these marks: one wake-up for all. */
const MARK_MS = 20;
/**
 * No acknowledgement waits longer. A program that ignores them is not slowed by them, and what is
 * kept for it must not grow without bound.
 */
const MAX_WAIT_MS = 1000;

export class Allowance {
  readonly #clock: () => number;
  readonly #intervalMs: number;
  readonly #burstMs: number;
  /** When all events so far would be done at the steady rate. */
  #doneAt = -Infinity;

  constructor({ clock, perSecond = 2000, burst = 10_000 }: AllowanceOptions) {
    this.#clock = clock;
    this.#intervalMs = 1000 / perSecond;
    this.#burstMs = burst * this.#intervalMs;
  }

  /** Counts an event; how long its acknowledgement has to wait, in milliseconds. */
  take(): number {
    const now = this.#clock();
    const latest = now + this.#burstMs + MAX_WAIT_MS;
    this.#doneAt = Math.min(Math.max(this.#doneAt, now) + this.#intervalMs, latest);
    const early = this.#doneAt - this.#burstMs - now;
    return early <= 0 ? 0 : Math.ceil((now + early) / MARK_MS) * MARK_MS - now;
  }
}
