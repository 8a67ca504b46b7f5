/**
 * ULIDs: 26 characters of Crockford base32, 48 bits of milliseconds and 80 of randomness
 * (https://github.com/ulid/spec). Reads and writes them; free of node:crypto, whose loading is a
 * tenth of a cold command's time. `ulid-generator.ts` makes new ones.
 */

export const ULID = /^[0-9A-HJKMNP-TV-Z]{26}$/;
/** Before every event. */
export const FIRST_ULID = '0'.repeat(26);

export const ALPHABET = '0123456789ABCDEFGHJKMNPQRSTVWXYZ';
export const TIME_CHARACTERS = 10;
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

/** The first ten characters. */
export function encodeTime(milliseconds: number): string {
  let text = '';
  for (let rest = milliseconds, at = 0; at < TIME_CHARACTERS; at += 1) {
    text = ALPHABET.charAt(rest % 32) + text;
    rest = Math.floor(rest / 32);
  }
  return text;
}
