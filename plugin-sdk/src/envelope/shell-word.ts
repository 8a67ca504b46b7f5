/** Text as one word of a POSIX shell, for commands that people paste and programs evaluate. */
import { isPlainLine } from './plain-text.js';

/** One line that can be shown as it is, whatever the text holds. */
export function shellWord(text: string): string {
  if (isPlainLine(text)) return `'${text.replaceAll("'", `'\\''`)}'`;
  return `"$(printf '${Array.from(text, printfText).join('')}')"`;
}

/** What is shown, but for what means something to printf or the quotes; the rest in octal. */
function printfText(character: string): string {
  if (character === '%') return '%%';
  if (isPlainLine(character) && !"\\'".includes(character)) return character;
  return [...Buffer.from(character)]
    .map((byte) => `\\${byte.toString(8).padStart(3, '0')}`)
    .join('');
}
