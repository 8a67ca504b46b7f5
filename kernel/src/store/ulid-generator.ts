/**
 * New ULIDs, strictly increasing in the order of the calls, whatever the clock does.
 */
import { randomFillSync } from 'node:crypto';
import { ALPHABET, encodeTime, FIRST_ULID, TIME_CHARACTERS, timeOf } from './ulid.js';

const RANDOM_CHARACTERS = 16;

export class UlidGenerator {
  readonly #now: () => number;
  #time: number;
  #timeText: string;
  /** The random part as base32 digits, incremented within one millisecond. */
  readonly #digits = new Uint8Array(RANDOM_CHARACTERS);
  /** Random bytes, drawn many at a time. */
  readonly #pool = new Uint8Array(RANDOM_CHARACTERS * 256);
  #drawn = this.#pool.length;

  /**
   * @param now the clock, in milliseconds since the epoch
   * @param last the greatest ULID given out so far, or null
   */
  constructor(now: () => number, last: string | null) {
    this.#now = now;
    const start = last ?? FIRST_ULID;
    this.#time = timeOf(start);
    this.#timeText = start.slice(0, TIME_CHARACTERS);
    for (let at = 0; at < RANDOM_CHARACTERS; at += 1) {
      this.#digits[at] = ALPHABET.indexOf(start.charAt(TIME_CHARACTERS + at));
    }
  }

  /** A ULID greater than every one before it. */
  next(): string {
    const now = this.#now();
    if (now > this.#time) this.#restart(now);
    else this.#increment();
    let random = '';
    for (const digit of this.#digits) random += ALPHABET.charAt(digit);
    return this.#timeText + random;
  }

  #restart(time: number): void {
    this.#time = time;
    this.#timeText = encodeTime(time);
    if (this.#drawn === this.#pool.length) {
      randomFillSync(this.#pool);
      this.#drawn = 0;
    }
    for (let at = 0; at < RANDOM_CHARACTERS; at += 1) {
      // The first digit keeps its top bit free, so that a millisecond cannot run out.
      this.#digits[at] = (this.#pool[this.#drawn + at] ?? 0) & (at === 0 ? 15 : 31);
    }
    this.#drawn += RANDOM_CHARACTERS;
  }

  #increment(): void {
    for (let at = RANDOM_CHARACTERS - 1; at >= 0; at -= 1) {
      const digit = this.#digits[at] ?? 0;
      if (digit < 31) {
        this.#digits[at] = digit + 1;
        return;
      }
      this.#digits[at] = 0;
    }
    // 2^79 increments in one millisecond did not happen; a stored id of all ones can stand here.
    this.#restart(this.#time + 1);
  }
}
