/** Texts of a sender within the bounds of an event. Pure. */

/** The order of bytes in UTF-8, which is that of code points and not of UTF-16 units. */
export function compareCodePoints(a: string, b: string): number {
  return Buffer.compare(Buffer.from(a), Buffer.from(b));
}

/** At most so many UTF-16 units, and no half of a pair at the end. */
export function cut(text: string, length: number): string {
  return (text.length > length ? text.slice(0, length) : text).toWellFormed();
}

export function oneLine(text: string): string {
  return text.replace(/\s+/g, ' ').trim();
}

const MOST_LABELS = 128;
/** Bytes as JSON: a frame on the wire has at most 65,536 of them. */
const MOST_OF_ONE = 1024;
const MOST_TOGETHER = 16_384;

export type Labels = Readonly<Record<string, string>>;

/**
 * Those labels that fit into what a waiter is sent; one that does not is left out, never cut: half a
 * value would match what the whole does not.
 */
export function fittingLabels(all: Labels): { readonly labels: Labels; readonly omitted: number } {
  const entries = Object.entries(all);
  const kept: [string, string][] = [];
  let together = 0;
  for (const [name, value] of entries) {
    const size = Buffer.byteLength(JSON.stringify([name, value]));
    if (size > MOST_OF_ONE || together + size > MOST_TOGETHER || kept.length === MOST_LABELS) {
      continue;
    }
    together += size;
    kept.push([name, value]);
  }
  return { labels: Object.fromEntries(kept), omitted: entries.length - kept.length };
}
