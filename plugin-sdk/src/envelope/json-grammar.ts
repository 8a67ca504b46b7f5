/** Where a reader of JSON may stand between two bytes, and what may come next: RFC 8259 as tables. */

export const STATE = {
  value: 0,
  /** Behind `[`. */
  valueOrEnd: 1,
  /** Behind a comma in an object. */
  key: 2,
  /** Behind `{`. */
  keyOrEnd: 3,
  colon: 4,
  /** Behind a value. */
  after: 5,
  /** Behind the outermost value. */
  done: 6,
  literal: 7,
  string: 8,
  /** Behind a backslash. */
  escape: 9,
  /** In the four digits of an escape. */
  hex: 10,
} as const;

/** The same in the key of an object; as far apart as in a value. */
export const KEY = { string: 11, escape: 12, hex: 13 } as const;

/** The first state in a number: behind its minus. */
export const NUMBER = 16;
export const ZERO = NUMBER + 1;
export const INTEGER = NUMBER + 2;
const DOT = NUMBER + 3;
const FRACTION = NUMBER + 4;
const E = NUMBER + 5;
const SIGN = NUMBER + 6;
const EXPONENT = NUMBER + 7;

/** The literals, by their first byte. */
export const LITERALS: ReadonlyMap<number, string> = new Map(
  ['true', 'false', 'null'].map((word) => [word.charCodeAt(0), word]),
);

export function isBlank(code: number): boolean {
  return code === 0x20 || code === 0x0a || code === 0x0d || code === 0x09;
}

/** Whether a number may end in this state. */
export function mayEnd(state: number): boolean {
  return state === ZERO || state === INTEGER || state === FRACTION || state === EXPONENT;
}

/** The state behind one more byte of a number; -1 when the byte is none of it. */
export function nextInNumber(state: number, code: number): number {
  if (code >= 0x30 && code <= 0x39) return behindDigit(state, code);
  if (code === 0x2e) return state === ZERO || state === INTEGER ? DOT : -1;
  if (code === 0x65 || code === 0x45) {
    return state === ZERO || state === INTEGER || state === FRACTION ? E : -1;
  }
  return (code === 0x2b || code === 0x2d) && state === E ? SIGN : -1;
}

function behindDigit(state: number, code: number): number {
  switch (state) {
    case NUMBER:
      return code === 0x30 ? ZERO : INTEGER;
    case INTEGER:
      return INTEGER;
    case DOT:
    case FRACTION:
      return FRACTION;
    case E:
    case SIGN:
    case EXPONENT:
      return EXPONENT;
    default:
      return -1;
  }
}

/** How many bytes fewer JSON.stringify needs for a UTF-16 unit than the six of its escape. */
export function spareOf(unit: number): number {
  if (unit < 0x20) return 0;
  if (unit < 0x80) return unit === 0x22 || unit === 0x5c ? 4 : 5;
  if (unit < 0x800) return 4;
  // Half a pair is half of four bytes.
  return unit >= 0xd800 && unit < 0xe000 ? 4 : 3;
}
