/**
 * ULIDs: 26 characters of Crockford base32, 48 bits of milliseconds and 80 of randomness
 * (https://github.com/ulid/spec). The generator is strictly increasing in the order of its calls,
 * whatever the clock does.
 */
import { randomFillSync } from 'node:crypto';

export const ULID = /^[0-9A-HJKMNP-TV-Z]{26}$/;
/** Before every event. */
export const FIRST_ULID = '0'.repeat(26);

const ALPHABET = '0123456789ABCDEFGHJKMNPQRSTVWXYZ';
const TIME_CHARACTERS = 10;
const RANDOM_CHARACTERS = 16;
const MAX_TIME = 2 ** 48 - 1;

/** The lowest ULID of a millisecond: as a cursor, everything from that moment on. */
export function ulidAt(milliseconds: number): string {
  return encodeTime(Math.min(Math.max(0, Math.floor(milliseconds)), MAX_TIME)) + '0'.repeat(16);
}

/** The millisecond in a ULID. */
export function timeOf(ulid: string): number {
  let time = 0;
  for (let at = 0; at < TIME_CHARACTERS; at += 1) {
    time = time * 32 + ALPHABET.indexOf(ulid.charAt(at));
  }
  return time;
}

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

function encodeTime(milliseconds: number): string {
  let text = '';
  for (let rest = milliseconds, at = 0; at < TIME_CHARACTERS; at += 1) {
    text = ALPHABET.charAt(rest % 32) + text;
    rest = Math.floor(rest / 32);
  }
  return text;
}
