/** How long to rest before the next try: pure. */

const FIRST_PAUSE_MS = 250;
const LONGEST_PAUSE_MS = 30_000;

/**
 * @param {number} failures how many tries in a row failed, from 1
 * @returns {number} milliseconds; the first try again is at once
 */
export function backoff(failures) {
  if (failures <= 1) return 0;
  return Math.min(LONGEST_PAUSE_MS, FIRST_PAUSE_MS * 2 ** (failures - 2));
}
