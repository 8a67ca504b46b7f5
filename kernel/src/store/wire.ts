/**
 * Wire bytes of events: frames with their length prefix, laid one after another into slabs, so that
 * what is committed in one turn is one piece of memory and goes to a subscriber in one write.
 */
const PREFIX_BYTES = 4;
const NOTHING = Buffer.alloc(0);
/** Also the most that one write to a subscriber takes, unless a single frame is larger. */
export const SLAB_BYTES = 32 * 1024;
/** The first slab of a writer; the next one is twice as large. */
const FIRST_SLAB_BYTES = 1024;
/** UTF-8 needs at most this many bytes for a UTF-16 unit. */
const MAX_BYTES_PER_UNIT = 3;

/** Where a frame lies, its prefix included. */
export interface WireSpan {
  readonly slab: Buffer;
  readonly start: number;
  readonly end: number;
}

/**
 * One a turn: memory that outlives the turn is moved among the old, and then stays until the old are
 * collected.
 */
export class WireWriter {
  #slab = NOTHING;
  #used = 0;

  /** Encodes the JSON text of a frame behind its prefix. The bytes are never changed again. */
  append(text: string): WireSpan {
    this.#reserve(text);
    const slab = this.#slab;
    const start = this.#used;
    const length = slab.write(text, start + PREFIX_BYTES);
    slab.writeUInt32BE(length, start);
    this.#used = start + PREFIX_BYTES + length;
    return { slab, start, end: this.#used };
  }

  /** Makes room for the text: a slab of its own where it fits into none. */
  #reserve(text: string): void {
    const room = this.#slab.length - this.#used - PREFIX_BYTES;
    if (text.length * MAX_BYTES_PER_UNIT <= room) return;
    const bytes = Buffer.byteLength(text);
    if (bytes <= room) return;
    const size = Math.max(FIRST_SLAB_BYTES, Math.min(SLAB_BYTES, this.#slab.length * 2));
    this.#slab = Buffer.allocUnsafeSlow(Math.max(size, PREFIX_BYTES + bytes));
    this.#used = 0;
  }
}

/** A piece that is written at once, and the last of the events in it. */
export interface Chunk<Event> {
  readonly bytes: Buffer;
  readonly last: Event;
}

/**
 * The bytes of events, in order, in as few pieces as there can be: neighbours in a slab are not
 * copied, others are gathered.
 */
export function chunksOf<Event extends { readonly span: WireSpan }>(
  events: readonly Event[],
): Chunk<Event>[] {
  const chunks: Chunk<Event>[] = [];
  let gathered: Buffer[] = [];
  let size = 0;
  const gather = (bytes: Buffer, last: Event) => {
    gathered.push(bytes);
    size += bytes.length;
    if (size < SLAB_BYTES) return;
    finish(last);
  };
  const finish = (last: Event) => {
    const [only] = gathered;
    if (only === undefined) return;
    chunks.push({ bytes: gathered.length === 1 ? only : Buffer.concat(gathered, size), last });
    gathered = [];
    size = 0;
  };
  for (let at = 0; at < events.length;) {
    const { slab, start, end: firstEnd } = (events[at] as Event).span;
    let end = firstEnd;
    let next = at + 1;
    for (; next < events.length; next += 1) {
      const { span } = events[next] as Event;
      if (span.slab !== slab || span.start !== end) break;
      end = span.end;
    }
    gather(slab.subarray(start, end), events[next - 1] as Event);
    at = next;
  }
  finish(events[events.length - 1] as Event);
  return chunks;
}
