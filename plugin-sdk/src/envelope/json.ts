/**
 * JSON that keeps 64-bit integers. `received_at` counts nanoseconds and ids of other systems may
 * fill 64 bits; JSON.parse would round both to a double. Integers beyond 2^53 become bigint here
 * and are written back as the same digits. Everything else is plain JSON.parse and JSON.stringify.
 */
import { notJson } from './json-fault.js';

/**
 * A string that cannot come from outside the process marks a big integer between the two steps. Not
 * from node:crypto, whose loading is a tenth of a cold command's time.
 */
const TAG = `\u0001${process.hrtime.bigint()}-${chance()}${chance()}:`;
const TAGGED = new RegExp(
  `"${JSON.stringify(TAG).slice(1, -1).replace('\\', '\\\\')}(-?\\d+)"`,
  'g',
);
/** A number stands behind one of these; most long runs of digits are in a string, behind its quote. */
const MAY_HOLD_BIG_INTEGER = /(?:^|[:,[\s])-?\d{16}/;

/**
 * Parses JSON text.
 * @returns the value; an integer outside ±(2^53-1) is a bigint
 * @throws SyntaxError on malformed text, which says where and quotes nothing of it
 */
export function parseJson(text: string): unknown {
  try {
    return parsed(text);
  } catch (error) {
    throw error instanceof SyntaxError ? new SyntaxError(notJson(text)) : error;
  }
}

function parsed(text: string): unknown {
  if (!MAY_HOLD_BIG_INTEGER.test(text)) return JSON.parse(text);
  const tagged = tagBigIntegers(text);
  if (tagged === text) return JSON.parse(text);
  return JSON.parse(tagged, (_key, value: unknown) =>
    typeof value === 'string' && value.startsWith(TAG) ? BigInt(value.slice(TAG.length)) : value,
  );
}

/**
 * In the daemon's own frames this stands before `fields`, and an unescaped quote in no string: the
 * first is the frame's. Of any length, or that of a short one would be looked for in `fields`.
 */
const RECEIVED_AT = /,"received_at":(-?\d+),/;

/**
 * Parses a frame that the daemon wrote. Every event frame has one big integer, `received_at`; taken
 * out first, the rest goes through plain JSON.parse.
 * @throws SyntaxError on malformed text
 */
export function parseFrameText(text: string): unknown {
  const match = text.startsWith('{"kind":"event",') ? RECEIVED_AT.exec(text) : null;
  if (match === null) return parseJson(text);
  const end = match.index + match[0].length;
  const frame = parseJson(`${text.slice(0, match.index)},"received_at":0,${text.slice(end)}`);
  (frame as { received_at: bigint }).received_at = BigInt(match[1] ?? 0);
  return frame;
}

/**
 * Writes a value as JSON text; a bigint is written as its digits.
 * @throws TypeError for what JSON cannot express (a cycle), RangeError for too deep a nesting
 */
export function stringifyJson(value: unknown): string {
  try {
    return JSON.stringify(value);
  } catch (error) {
    if (!(error instanceof TypeError)) throw error;
    let found = false;
    const tagged = JSON.stringify(value, (_key, member: unknown) => {
      if (typeof member !== 'bigint') return member;
      found = true;
      return TAG + member.toString();
    });
    if (!found) throw error;
    return tagged.replace(TAGGED, '$1');
  }
}

function chance(): string {
  return Math.random().toString(36).slice(2);
}

/** Wraps each integer token beyond 2^53 in a tagged string. One pass; strings are skipped. */
function tagBigIntegers(text: string): string {
  let out = '';
  let copied = 0;
  let at = 0;
  while (at < text.length) {
    const code = text.charCodeAt(at);
    if (code === 0x22) {
      at = endOfString(text, at);
    } else if (code === 0x2d || isDigit(code)) {
      const end = endOfNumber(text, at);
      const token = text.slice(at, end);
      if (isBigInteger(token)) {
        out += `${text.slice(copied, at)}${JSON.stringify(TAG + token)}`;
        copied = end;
      }
      at = end;
    } else {
      at += 1;
    }
  }
  return copied === 0 ? text : out + text.slice(copied);
}

/**
 * More digits than a double has room for are no id of anybody. Reading them costs time that grows
 * with their square, and other languages refuse to: they are what JSON.parse makes of them, infinite.
 */
const MOST_DIGITS = 308;
const MOST = 10n ** BigInt(MOST_DIGITS);

/** Whether an integer is read back as it was written. */
export function isWritable(value: bigint): boolean {
  return value > -MOST && value < MOST;
}

function isBigInteger(token: string): boolean {
  if (token.length < 16 || token.length > MOST_DIGITS + 1) return false;
  return /^-?(0|[1-9]\d*)$/.test(token) && !Number.isSafeInteger(+token);
}

function endOfString(text: string, start: number): number {
  for (let at = start + 1; at < text.length; at += 1) {
    const code = text.charCodeAt(at);
    if (code === 0x22) return at + 1;
    if (code === 0x5c) at += 1;
  }
  return text.length;
}

function endOfNumber(text: string, start: number): number {
  let at = start + 1;
  while (at < text.length && /[\d.eE+-]/.test(text[at] ?? '')) at += 1;
  return at;
}

function isDigit(code: number): boolean {
  return code >= 0x30 && code <= 0x39;
}
