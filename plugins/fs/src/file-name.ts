/**
 * File names are bytes, and most of them are UTF-8. Within the source a name is text in which a byte
 * that is no UTF-8 stands as a lone surrogate, U+DC80 to U+DCFF, so that every name can be told from
 * every other and be opened again. Pure.
 */

const ESCAPED = /(?<![\uD800-\uDBFF])[\uDC80-\uDCFF]/;
const REPLACEMENT = '\uFFFD';

export function nameOfBytes(bytes: Buffer): string {
  const text = bytes.toString('utf8');
  if (!text.includes(REPLACEMENT)) return text;
  let name = '';
  for (let at = 0; at < bytes.length;) {
    const length = sequenceLength(bytes, at);
    if (length === 0) name += String.fromCharCode(0xdc00 + (bytes[at] as number));
    else name += bytes.toString('utf8', at, at + length);
    at += Math.max(length, 1);
  }
  return name;
}

/** What the system is to be asked with: the text itself, or its bytes where they are no text. */
export function systemPath(path: string): string | Buffer {
  if (!ESCAPED.test(path)) return path;
  const parts = path.split(/((?<![\uD800-\uDBFF])[\uDC80-\uDCFF])/);
  return Buffer.concat(
    parts.map((part, n) =>
      n % 2 === 1 ? Buffer.from([part.charCodeAt(0) - 0xdc00]) : Buffer.from(part),
    ),
  );
}

/** The name as an event can carry it: each such byte as U+FFFD. */
export function shownName(name: string): string {
  return ESCAPED.test(name)
    ? name.replace(/(?<![\uD800-\uDBFF])[\uDC80-\uDCFF]/g, REPLACEMENT)
    : name;
}

/** How many bytes the character at this place takes; 0 when there is none. */
function sequenceLength(bytes: Buffer, at: number): number {
  for (let length = 1; length <= 4 && at + length <= bytes.length; length += 1) {
    const piece = bytes.subarray(at, at + length);
    const text = piece.toString('utf8');
    if (Buffer.from(text).equals(piece)) return length;
  }
  return 0;
}
