/** `--since` and `since`: a ULID, a duration ago, or `start`, as a cursor. Pure. */
import { FIRST_ULID, ULID, ulidAt } from '@waitbus/kernel/ulid';
import { parseDuration } from '../duration.js';

/**
 * @param now milliseconds since the epoch
 * @returns the cursor, or null when the text is none of these
 */
export function cursorSince(text: string, now: number): string | null {
  if (text === 'start') return FIRST_ULID;
  if (ULID.test(text.toUpperCase())) return text.toUpperCase();
  const ago = parseDuration(text);
  return ago === null ? null : ulidAt(now - ago);
}
