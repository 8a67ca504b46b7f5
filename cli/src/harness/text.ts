/** The bytes of a text file and its text: the mark of byte order, line ends, indentation. Pure. */

const MARK = '\uFEFF';

/** Without its mark of byte order; null when the bytes are not UTF-8. */
export function decode(bytes: Uint8Array): { readonly text: string; readonly mark: string } | null {
  try {
    const text = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes);
    return text.startsWith(MARK) ? { text: text.slice(1), mark: MARK } : { text, mark: '' };
  } catch {
    return null;
  }
}

export function lineEndOf(text: string): string {
  return /\r?\n/.exec(text)?.[0] ?? '\n';
}

/** The white space that the line of this offset begins with. */
export function indentAt(text: string, offset: number): string {
  const start = text.lastIndexOf('\n', offset - 1) + 1;
  return /^[ \t]*/.exec(text.slice(start, offset))?.[0] ?? '';
}

/** Whether nothing but white space stands before it in its line. */
export function isFirstInLine(text: string, offset: number): boolean {
  const start = text.lastIndexOf('\n', offset - 1) + 1;
  return start > 0 && text.slice(start, offset).trim() === '';
}

/** A piece of a text that is replaced. */
export interface Splice {
  readonly from: number;
  readonly to: number;
  readonly text: string;
}

/** Replaces pieces, which do not overlap. */
export function splice(text: string, splices: readonly Splice[]): string {
  return [...splices]
    .sort((a, b) => b.from - a.from)
    .reduce((whole, { from, to, text: put }) => whole.slice(0, from) + put + whole.slice(to), text);
}

/** The whole lines of a piece, if it has them for itself; else the piece. */
export function wholeLines(text: string, from: number, to: number): { from: number; to: number } {
  const start = text.lastIndexOf('\n', from - 1) + 1;
  const rest = /^[ \t]*(\r?\n|$)/.exec(text.slice(to));
  return text.slice(start, from).trim() === '' && rest !== null
    ? { from: start, to: to + rest[0].length }
    : { from, to };
}
