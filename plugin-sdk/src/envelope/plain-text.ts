/**
 * What others wrote, as it may stand at a terminal, in a log or before a model: the one place that
 * decides which characters are shown. Nothing that leaves it moves a cursor, turns or hides text, or
 * begins a line. Pure.
 */

/* eslint-disable no-control-regex -- controls are what it is about */

/** Colours and weights. Many programs write them, and without them every letter is still there. */
const COLOUR = /\u001b\[[0-9;:]*m/g;

/** What makes several pictures one, or a sign a picture: it hides nothing where it stands so. */
const IN_PICTURE =
  '(?<=[\\p{Extended_Pictographic}\\p{Emoji_Modifier}]\\ufe0f?)\\u200d(?=\\p{Extended_Pictographic})|(?<=\\p{Extended_Pictographic})\\ufe0f';

/**
 * Controls, formats (direction, zero width, tags), halves of pairs, separators of lines, and what
 * Unicode says has no picture.
 */
const UNSHOWN_SET = `[\\p{Cc}\\p{Cf}\\p{Cs}\\p{Zl}\\p{Zp}\\p{Default_Ignorable_Code_Point}](?<!${IN_PICTURE})`;
/** Made when they are first needed: that takes a millisecond, and most commands show ASCII alone. */
let unshown: RegExp | undefined;
let unshownInText: RegExp | undefined;
const ASCII_LINE = /^[ -~]*$/;
const ASCII_TEXT = /^[ -~\n\t]*$/;

const SHORT: Readonly<Record<string, string>> = { '\n': '\\n', '\r': '\\r', '\t': '\\t' };

/**
 * Text as one line. What cannot be shown stands as its escape in JSON, `\u001b`: whoever reads it
 * sees that something was there, and JSON text stays the same JSON. Twice is as once.
 */
export function plainLine(text: string): string {
  if (ASCII_LINE.test(text)) return text;
  unshown ??= new RegExp(UNSHOWN_SET, 'gu');
  return withoutColours(text).replace(unshown, escape);
}

/** The same with its own line breaks and tabs: for a body of text that stands by itself. */
export function plainText(text: string): string {
  if (ASCII_TEXT.test(text)) return text;
  unshownInText ??= new RegExp(`(?![\\n\\t])${UNSHOWN_SET}`, 'gu');
  return withoutColours(text).replaceAll('\r\n', '\n').replace(unshownInText, escape);
}

/**
 * Text for a model, with its line breaks and tabs: what cannot be shown is taken out, private use
 * and what Unicode has not assigned too.
 */
export function bareText(text: string): string {
  return text
    .replace(/\r\n?|[\u2028\u2029\u0085]/g, '\n')
    .replace(/[^\P{C}\n\t]|\p{Default_Ignorable_Code_Point}/gu, '');
}

/** Whether all of a text is shown as it is, in one line. */
export function isPlainLine(text: string): boolean {
  return plainLine(text) === text;
}

function withoutColours(text: string): string {
  return text.includes('\u001b') ? text.replace(COLOUR, '') : text;
}

function escape(character: string): string {
  const short = SHORT[character];
  if (short !== undefined) return short;
  return Array.from({ length: character.length }, (_, at) => {
    return `\\u${character.charCodeAt(at).toString(16).padStart(4, '0')}`;
  }).join('');
}
