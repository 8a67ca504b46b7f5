/**
 * The line in which a source says how it observes: what both ends of the channel make of it. Pure.
 */

export const MAX_DESCRIPTION = 200;

/** What ends a line, steers a terminal, or turns the direction of what follows. */
const UNSHOWN = /[\p{Cc}\u2028\u2029\u202a-\u202e\u2066-\u2069]+/gu;

/** One line of at most `length` UTF-16 code units, none of them half a character. */
export function descriptionLine(text: string, length = MAX_DESCRIPTION): string {
  // Enough to be left with a full line, and little enough to look at.
  const line = text
    .slice(0, length * 4)
    .replace(UNSHOWN, ' ')
    .trim();
  return line
    .slice(0, length)
    .replace(/[\ud800-\udbff]$/, '')
    .trimEnd();
}
