/**
 * Frames: 4 bytes big-endian length, then that many bytes of one UTF-8 JSON object. Encoding, and a
 * decoder for which a partial frame is not an error, only not there yet. Spoken by both ends of the
 * daemon's socket and of a source's channel.
 */
import { isUtf8 } from 'node:buffer';
import { isObject } from './is-object.js';
import { WaitbusError } from './waitbus-error.js';
import { parseJson, stringifyJson } from './json.js';
import type { PartPath } from './json-parts.js';
import { JsonScan } from './json-scan.js';
import { parseScanned, SCANNED_BYTES } from './json-text.js';

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

/** The two ends of a frame in whose middle lie so many bytes of JSON that are sent as they are. */
export function encodeAround(
  head: string,
  bytes: number,
  tail: string,
): { readonly head: Buffer; readonly tail: Buffer } {
  const first = encodeText(head);
  const last = Buffer.from(tail);
  first.writeUInt32BE(first.length - PREFIX_BYTES + bytes + last.length, 0);
  return { head: first, tail: last };
}

/** Frames several JSON texts, one after the other. */
export function encodeTexts(texts: readonly string[]): Buffer {
  const [first = ''] = texts;
  if (texts.length === 1) return encodeText(first);
  let size = 0;
  for (const text of texts) size += PREFIX_BYTES + Buffer.byteLength(text);
  const frames = Buffer.allocUnsafe(size);
  let at = 0;
  for (const text of texts) {
    const length = frames.write(text, at + PREFIX_BYTES);
    frames.writeUInt32BE(length, at);
    at += PREFIX_BYTES + length;
  }
  return frames;
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
    const text = body.toString('utf8');
    // What is not UTF-8 decodes to this character; so does this character.
    if (text.includes('\ufffd') && !isUtf8(body)) throw new Error('not UTF-8');
    value = parse(text);
  } catch (error) {
    throw new WaitbusError('WAITBUS_BAD_FRAME', `cannot be read: ${(error as Error).message}`);
  }
  if (!isObject(value)) throw new WaitbusError('WAITBUS_BAD_FRAME', 'not a JSON object');
  return value;
}

/** The first allocation for a body that comes in several chunks; it doubles from there. */
const FIRST_BODY_BYTES = 64 * 1024;
const NOTHING = Buffer.alloc(0);

export interface FrameDecoderOptions {
  /** The way to what may stay text in a large frame: it is scanned while it comes in. */
  readonly partPath?: PartPath;
  /**
   * A frame of more than SCANNED_BYTES begins.
   * @returns whether there is room for it; otherwise no byte of it is taken until `push` is called
   */
  readonly mayBegin?: (bytes: number) => boolean;
}

/** Cuts a byte stream into frame bodies. Holds at most twice what it was given of one frame. */
export class FrameDecoder {
  readonly #maxBytes: number;
  readonly #options: FrameDecoderOptions;
  /** Bytes that were given and not looked at yet. */
  #rest: Buffer = NOTHING;
  /** Body length of the frame at hand, once its prefix is there. */
  #length: number | null = null;
  #begun = false;
  /** The part of a body that came in earlier chunks. */
  #body: Buffer = NOTHING;
  #filled = 0;
  #scan: JsonScan | null = null;

  constructor(maxBytes: number, options: FrameDecoderOptions = {}) {
    this.#maxBytes = maxBytes;
    this.#options = options;
  }

  /**
   * Takes bytes and yields each body that is complete; who stops early goes on with the next call.
   * A body may share memory with the chunk.
   * @throws WaitbusError WAITBUS_BAD_FRAME on a length of 0 or over the cap, and as soon as a large
   * frame is no JSON
   */
  *push(chunk: Buffer): Generator<Buffer> {
    this.#rest = this.#rest.length === 0 ? chunk : Buffer.concat([this.#rest, chunk]);
    for (let body = this.#next(); body !== null; body = this.#next()) yield body;
  }

  /**
   * The object that the body which was yielded last holds.
   * @throws WaitbusError WAITBUS_BAD_FRAME when it is not one UTF-8 JSON object,
   * WAITBUS_BAD_REQUEST when too much of it would have to be built
   */
  parse(body: Buffer): Record<string, unknown> {
    const { partPath } = this.#options;
    const scan = this.#scan;
    this.#scan = null;
    if (scan === null || partPath === undefined) return parseFrame(body);
    return parseScanned(body, scan, partPath);
  }

  /** Lets go of all that was given: nothing more is asked of it. */
  discard(): void {
    this.#rest = NOTHING;
    this.#body = NOTHING;
    this.#scan = null;
  }

  #next(): Buffer | null {
    this.#length ??= this.#readPrefix();
    if (this.#length === null || this.#rest.length === 0) return null;
    if (!this.#begun && !this.#begin(this.#length)) return null;
    const missing = this.#length - this.#filled;
    if (this.#filled === 0 && this.#rest.length >= missing) {
      const whole = this.#take(missing);
      this.#scan?.advance(whole, missing);
      return this.#finish(whole);
    }
    this.#append(this.#take(Math.min(missing, this.#rest.length)));
    this.#scan?.advance(this.#body, this.#filled);
    if (this.#filled < this.#length) return null;
    return this.#finish(this.#body.subarray(0, this.#length));
  }

  #begin(length: number): boolean {
    const { partPath, mayBegin } = this.#options;
    this.#scan = null;
    if (length > SCANNED_BYTES) {
      if (mayBegin?.(length) === false) return false;
      if (partPath !== undefined) this.#scan = new JsonScan(partPath);
    }
    this.#begun = true;
    return true;
  }

  #finish(body: Buffer): Buffer {
    this.#length = null;
    this.#begun = false;
    this.#body = NOTHING;
    this.#filled = 0;
    return body;
  }

  #readPrefix(): number | null {
    if (this.#rest.length < PREFIX_BYTES) return null;
    const length = this.#take(PREFIX_BYTES).readUInt32BE(0);
    if (length > 0 && length <= this.#maxBytes) return length;
    throw new WaitbusError(
      'WAITBUS_BAD_FRAME',
      `a frame of ${length} bytes; 1 to ${this.#maxBytes} are allowed`,
    );
  }

  #take(size: number): Buffer {
    const taken = this.#rest.subarray(0, size);
    this.#rest = this.#rest.length === size ? NOTHING : this.#rest.subarray(size);
    return taken;
  }

  #append(part: Buffer): void {
    const needed = this.#filled + part.length;
    if (needed > this.#body.length) {
      const larger = Buffer.allocUnsafe(
        Math.max(needed, Math.min(this.#body.length * 2, this.#length ?? needed), FIRST_BODY_BYTES),
      );
      this.#body.copy(larger, 0, 0, this.#filled);
      this.#body = larger;
    }
    part.copy(this.#body, this.#filled);
    this.#filled = needed;
  }
}
