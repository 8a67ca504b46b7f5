/** Text of a source on its way to a log or a terminal: pure. */
import { plainLine } from '@waitbus/plugin-sdk/envelope';

/** One line of at most so many characters of it. */
export function forPeople(text: string, maxCharacters: number): string {
  const cut = text.length > maxCharacters ? `${text.slice(0, maxCharacters)}...` : text;
  return plainLine(cut.trim());
}
