/**
 * The line in which a source says how it observes: what both ends of the channel make of it. Pure.
 */
import { plainLine } from './envelope/index.js';

export const MAX_DESCRIPTION = 200;

/** One line of at most `length` UTF-16 code units, none of them half a character. */
export function descriptionLine(text: string, length = MAX_DESCRIPTION): string {
  // Enough to be left with a full line, and little enough to look at.
  const line = plainLine(text.slice(0, length * 4).trim());
  return line
    .slice(0, length)
    .replace(/[\ud800-\udbff]$/, '')
    .trimEnd();
}
