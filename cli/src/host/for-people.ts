/** Text of a source on its way to a log or a terminal: pure. */

/** One line of at most so many characters, and nothing in it that steers a terminal. */
export function forPeople(text: string, maxCharacters: number): string {
  const cut = text.length > maxCharacters ? `${text.slice(0, maxCharacters)}...` : text;
  return cut.replace(/[\p{Cc}\u2028\u2029]+/gu, ' ').trim();
}
