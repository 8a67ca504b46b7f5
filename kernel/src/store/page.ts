/**
 * Pages of the log as the bytes that go to a subscriber: stored frames are copied as they are, and
 * the four line breaks that stand before each make room for its length.
 */
import { MAX_FRAME_BYTES, truncatedFromStored } from './event.js';
import type { Statements } from './statements.js';
import { WireWriter } from './wire.js';

const PREFIX_BYTES = 4;
const LINE_BREAK = 10;

/** What is parsed of the log for one page, whether it matches or not, besides the last event. */
export const READ_BYTES = 512 * 1024;

export interface Page {
  /** The position of its last event; that from which it was read when nothing follows. */
  readonly through: number;
  /** Frames with their length prefixes. */
  readonly bytes: Buffer;
}

/**
 * Reads the events after a position: at least one if there is one, then up to the limits.
 * @param after a seq; `last` is that of the newest event
 */
export function readPage(
  sql: Statements,
  after: number,
  last: number,
  maxRows: number,
  maxBytes: number,
): Page {
  let count = Math.min(maxRows, last - after);
  if (count <= 0) return { through: after, bytes: Buffer.alloc(0) };
  for (; count > 1; count = Math.ceil(count / 2)) {
    const through = after + count;
    // Sizes first: a page of large frames must not be in memory before it is cut.
    const sizes = sql.sizes.get(after, through);
    if (sizes === undefined || sizes.total > maxBytes || sizes.largest > MAX_FRAME_BYTES) continue;
    return { through, bytes: withPrefixes(sql.frames.get(after, through) ?? Buffer.alloc(0)) };
  }
  return { through: after + 1, bytes: wireFromStored(readFrame(sql, after + 1)) };
}

/** The stored JSON of the event at a position that the log has. */
export function readFrame(sql: Statements, seq: number): Buffer {
  const frame = sql.frameAt.get(seq);
  if (frame === undefined) throw new Error(`the log has no event at position ${seq}`);
  return frame;
}

/** Sets the prefixes of a page in place. */
function withPrefixes(bytes: Buffer): Buffer {
  for (let start = 0; start < bytes.length;) {
    const body = start + PREFIX_BYTES;
    const end = bytes.indexOf(LINE_BREAK, body);
    const next = end === -1 ? bytes.length : end;
    bytes.writeUInt32BE(next - body, start);
    start = next;
  }
  return bytes;
}

/** One stored frame as wire bytes; one over the cap is stood for by a `truncated` frame. */
export function wireFromStored(frame: Buffer): Buffer {
  if (frame.length > MAX_FRAME_BYTES) {
    const { slab, start, end } = new WireWriter().append(truncatedFromStored(frame));
    return slab.subarray(start, end);
  }
  const wire = Buffer.allocUnsafe(PREFIX_BYTES + frame.length);
  wire.writeUInt32BE(frame.length, 0);
  frame.copy(wire, PREFIX_BYTES);
  return wire;
}
