/** A rate with a burst: what goes beyond it is refused and costs nothing. */

export interface TokenBucketOptions {
  /** A clock that only goes forward, in milliseconds. */
  readonly clock: () => number;
  readonly perSecond: number;
  readonly burst: number;
}

export class TokenBucket {
  readonly #options: TokenBucketOptions;
  #tokens: number;
  #filledAt: number;

  constructor(options: TokenBucketOptions) {
    this.#options = options;
    this.#tokens = options.burst;
    this.#filledAt = options.clock();
  }

  /** Takes so many tokens; false when they are not there. */
  take(tokens = 1): boolean {
    const { clock, perSecond, burst } = this.#options;
    const now = clock();
    const filled = this.#tokens + ((now - this.#filledAt) / 1000) * perSecond;
    this.#tokens = Math.min(burst, filled);
    this.#filledAt = now;
    if (this.#tokens < tokens) return false;
    this.#tokens -= tokens;
    return true;
  }
}
