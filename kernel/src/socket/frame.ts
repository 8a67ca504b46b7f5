/**
 * Frames: 4 bytes big-endian length, then that many bytes of one UTF-8 JSON object. Encoding, and a
 * decoder for which a partial frame is not an error, only not there yet. Used by both ends.
 */
import { isUtf8 } from 'node:buffer';
import { isObject, parseJson, stringifyJson, WaitbusError } from '@waitbus/plugin-sdk/envelope';

export const MAX_EMIT_BYTES = 16 * 1024 * 1024;
export const MAX_REQUEST_BYTES = 65_536;
const PREFIX_BYTES = 4;

export function encodeFrame(message: object): Buffer {
  return encodeText(stringifyJson(message));
}

/** Frames JSON text that was written elsewhere. */
export function encodeText(json: string): Buffer {
  const length = Buffer.byteLength(json);
  const frame = Buffer.allocUnsafe(PREFIX_BYTES + length);
  frame.writeUInt32BE(length, 0);
  frame.write(json, PREFIX_BYTES);
  return frame;
}

/**
 * Parses a frame's body.
 * @param parse the JSON parser; a client that trusts its daemon passes parseFrameText
 * @throws WaitbusError WAITBUS_BAD_FRAME when it is not one UTF-8 JSON object
 */
export function parseFrame(
  body: Buffer,
  parse: (text: string) => unknown = parseJson,
): Record<string, unknown> {
  let value: unknown;
  try {
    if (!isUtf8(body)) throw new Error('not UTF-8');
    value = parse(body.toString('utf8'));
  } catch (error) {
    throw new WaitbusError('WAITBUS_BAD_FRAME', `not JSON: ${(error as Error).message}`);
  }
  if (!isObject(value)) throw new WaitbusError('WAITBUS_BAD_FRAME', 'not a JSON object');
  return value;
}

/** Cuts a byte stream into frame bodies. */
export class FrameDecoder {
  readonly #maxBytes: number;
  #chunks: Buffer[] = [];
  #buffered = 0;
  /** Body length of the frame at hand, once its prefix is there. */
  #length: number | null = null;

  constructor(maxBytes: number) {
    this.#maxBytes = maxBytes;
  }

  /**
   * Takes bytes and yields each body that is complete. A body may share memory with the chunk.
   * @throws WaitbusError WAITBUS_BAD_FRAME on a length of 0 or over the cap
   */
  *push(chunk: Buffer): Generator<Buffer> {
    this.#chunks.push(chunk);
    this.#buffered += chunk.length;
    for (;;) {
      if (this.#length === null) {
        if (this.#buffered < PREFIX_BYTES) return;
        this.#length = this.#take(PREFIX_BYTES).readUInt32BE(0);
        if (this.#length === 0 || this.#length > this.#maxBytes) {
          throw new WaitbusError(
            'WAITBUS_BAD_FRAME',
            `a frame of ${this.#length} bytes; 1 to ${this.#maxBytes} are allowed`,
          );
        }
      }
      if (this.#buffered < this.#length) return;
      const body = this.#take(this.#length);
      this.#length = null;
      yield body;
    }
  }

  /** Takes exactly `size` bytes, which are there; copies only across chunks. */
  #take(size: number): Buffer {
    this.#buffered -= size;
    const [first] = this.#chunks;
    if (first !== undefined && first.length >= size) {
      if (first.length === size) this.#chunks.shift();
      else this.#chunks[0] = first.subarray(size);
      return first.subarray(0, size);
    }
    const all = Buffer.concat(this.#chunks);
    this.#chunks = all.length > size ? [all.subarray(size)] : [];
    return all.subarray(0, size);
  }
}
