/**
 * The time for deciding what is too old. It follows the clock back at once and forward only so fast:
 * a clock that jumps years ahead, or is wrong when the daemon starts, must not empty the log before
 * somebody can set it right. After a night's sleep it is behind for a few minutes, and harms nothing.
 */

/** How many times faster than time passes it may run: six hours a minute. */
const CATCH_UP = 360;

export class SteadyClock {
  readonly #now: () => number;
  readonly #monotonic: () => number;
  #trusted: number;
  #readAt: number;

  /**
   * @param now the clock, in milliseconds since the epoch
   * @param monotonic milliseconds that no setting of the clock moves
   * @param start where it begins; earlier when the clock is
   */
  constructor(now: () => number, monotonic: () => number, start: number) {
    this.#now = now;
    this.#monotonic = monotonic;
    this.#trusted = start;
    this.#readAt = monotonic();
  }

  read(): number {
    const at = this.#monotonic();
    const reachable = this.#trusted + (at - this.#readAt) * CATCH_UP;
    this.#readAt = at;
    this.#trusted = Math.min(this.#now(), reachable);
    return this.#trusted;
  }
}
