/** Text that tries to speak in our name, and what may be left of it at a terminal. */
import assert from 'node:assert/strict';
import type { Ended } from '../support/sandbox.js';

/**
 * Clears the screen, sets a title that nothing ends, forges lines, turns the direction, hides. As a
 * file's name it is one, too: no slash, no NUL, all of it UTF-8.
 */
export const HOSTILE =
  'x\u001b[2A\u001b[0J\u001b]0;\u009b31m\u007f\b\r\nwaitbus: all is well\n\u0085\u2028\u2029\u202e\u2066\u200f\u061c\u200b\ufeff\u{e0041}end';

/** The part of it that is words, which must be there to show that the text was. */
export const WORDS = /waitbus: all is well/;

const STEERS = /[^\P{C}\n]|[\p{Zl}\p{Zp}]|\p{Default_Ignorable_Code_Point}/u;

/** Nothing that it printed steers, hides, or begins a line; a message's body stands indented by four. */
export function assertPlain({ stdout, stderr }: Pick<Ended, 'stdout' | 'stderr'>): void {
  for (const text of [stdout, stderr]) {
    const found = STEERS.exec(text);
    assert.equal(found, null, found === null ? '' : JSON.stringify(text.slice(found.index - 40)));
    assert.doesNotMatch(text, /^ {0,3}(waitbus: all is well|end)/m);
  }
}

/** The lines of a text. */
export function linesOf(text: string): string[] {
  return text.split('\n').slice(0, -1);
}
