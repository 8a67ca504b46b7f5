/**
 * What a source says to one of its waiters: what is asked for cannot come, or not as things are, or
 * how far it is. And what both ends of the channel make of it. Pure.
 */
import { descriptionLine } from './description.js';
import { isObject, stringifyJson, type Json } from './envelope/index.js';

export interface WaitNote {
  /** For programs, by WAIT_NOTE_CODE. A waiter keeps the last note of each code. */
  readonly code: string;
  /**
   * `impossible`: no event can ever match, so the wait ends. `warning`: none can as things are, but
   * that may change, so it goes on. `info`: how far the source is.
   */
  readonly level: 'info' | 'warning' | 'impossible';
  /** The cause in one line, for people; MAX_NOTE characters of it are kept. */
  readonly detail: string;
  /** What mends it: a command, where there is one. */
  readonly remedy?: string | undefined;
  /** Which alternative of the waiter's `anyOf` it is about; absent: all of them. */
  readonly alternative?: number | undefined;
  /** For programs; at most MAX_NOTE_DATA_BYTES as JSON. */
  readonly data?: Json | undefined;
}

export const WAIT_NOTE_CODE = /^[a-z][a-z0-9_]{0,31}$/;

/** Characters of a detail and of a remedy. */
export const MAX_NOTE = 400;

export const MAX_NOTE_DATA_BYTES = 16 * 1024;

/** The notes of one check: more than a subscription has predicates. */
export const MAX_NOTES = 128;

const LEVELS: readonly unknown[] = ['info', 'warning', 'impossible'];

/** Whether a value, which a source's own code made, is a note. */
export function isWaitNote(value: unknown): value is WaitNote {
  if (!isObject(value) || Object.hasOwn(value, '__proto__')) return false;
  const { code, level, detail, remedy, alternative, data } = value;
  return (
    typeof code === 'string' &&
    WAIT_NOTE_CODE.test(code) &&
    LEVELS.includes(level) &&
    typeof detail === 'string' &&
    (remedy === undefined || typeof remedy === 'string') &&
    (alternative === undefined ||
      (Number.isSafeInteger(alternative) && Number(alternative) >= 0)) &&
    (data === undefined || bytesOf(data) <= MAX_NOTE_DATA_BYTES)
  );
}

/** As JSON; infinite for what cannot be expressed, too deep for one. */
function bytesOf(data: unknown): number {
  try {
    return Buffer.byteLength(stringifyJson(data));
  } catch {
    return Infinity;
  }
}

/** One line each, free of what steers a terminal. */
export function shownNote(note: WaitNote): WaitNote {
  const { remedy } = note;
  return {
    ...note,
    detail: descriptionLine(note.detail, MAX_NOTE),
    ...(remedy === undefined ? {} : { remedy: descriptionLine(remedy, MAX_NOTE) }),
  };
}
