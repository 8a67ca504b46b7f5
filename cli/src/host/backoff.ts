/** How long a failed source rests before its next start: pure. */

/** After this many failures in a row a source is given up. */
export const MAX_FAILURES = 5;

const FIRST_PAUSE_MS = 500;
const LONGEST_PAUSE_MS = 30_000;

/**
 * @param failures how many failures in a row there were, from 1
 * @returns the pause in milliseconds, or null when it is given up
 */
export function backoff(failures: number): number | null {
  if (failures >= MAX_FAILURES) return null;
  return Math.min(LONGEST_PAUSE_MS, FIRST_PAUSE_MS * 2 ** (failures - 1));
}
