/** The frame decoder: any chunking gives the same bodies and the same end, in bounded memory. */
import assert from 'node:assert/strict';
import { encodeFrame, FrameDecoder, MAX_EMIT_BYTES, parseFrame } from '@waitbus/kernel/frame';
import { WaitbusError } from '@waitbus/plugin-sdk/envelope';
import { framed } from '../../support/raw.js';
import { mutate, pick, type Random } from '../mutate.js';
import { REQUESTS } from '../requests.js';
import type { Target } from '../target.js';

const allocUnsafe = Buffer.allocUnsafe.bind(Buffer);
const MOST_CHUNKS = 2000;
/** The first buffer for a body; see FrameDecoder. */
const SMALLEST_BUFFER = 64 * 1024;

interface Decoded {
  readonly bodies: readonly string[];
  readonly error: string | null;
}

export const frames: Target = {
  name: 'frames',
  make: (random) =>
    Buffer.concat(
      Array.from({ length: 1 + random(5) }, () => {
        const frame = framed(mutate(random, REQUESTS));
        // Now and then the length itself is wrong.
        if (random(8) === 0) frame[random(4)] = pick(random, [0, 1, 2, 255]);
        return frame;
      }),
    ),
  check: (input, random) => {
    const whole = decode([input]);
    const chunks = cut(input, random);
    const largest = largestAllocation(() => {
      assert.deepEqual(decode(chunks), whole, 'the chunking made a difference');
    });
    const bound = Math.max(SMALLEST_BUFFER, 2 * input.length);
    assert.ok(largest <= bound, `a buffer of ${largest} bytes for ${input.length}`);
    for (const body of whole.bodies) checkBody(Buffer.from(body, 'latin1'));
  },
};

function decode(chunks: readonly Buffer[]): Decoded {
  const decoder = new FrameDecoder(MAX_EMIT_BYTES);
  const bodies: string[] = [];
  try {
    for (const chunk of chunks)
      for (const body of decoder.push(chunk)) bodies.push(body.toString('latin1'));
    return { bodies, error: null };
  } catch (error) {
    assert.ok(error instanceof WaitbusError && error.code === 'WAITBUS_BAD_FRAME', String(error));
    return { bodies, error: error.message };
  }
}

/** A body is an object that goes over the wire again as it is, or a bad frame. */
function checkBody(body: Buffer): void {
  let value: object;
  try {
    value = parseFrame(body);
  } catch (error) {
    assert.ok(error instanceof WaitbusError && error.code === 'WAITBUS_BAD_FRAME', String(error));
    return;
  }
  let again: Buffer;
  try {
    again = encodeFrame(value);
  } catch (error) {
    assert.ok(error instanceof RangeError, String(error));
    return;
  }
  assert.equal(again.readUInt32BE(0), again.length - 4);
  // Numbers that JSON can read and not write: one beyond what a double holds, and minus zero.
  const back = parseFrame(again.subarray(4));
  if (!/e|-0/.test(body.toString('latin1'))) assert.deepEqual(back, value);
  assert.deepEqual(parseFrame(encodeFrame(back).subarray(4)), back);
}

function cut(bytes: Buffer, random: Random): Buffer[] {
  const chunks: Buffer[] = [];
  const size = pick(random, [1, 3, 50, 5000]) + bytes.length / MOST_CHUNKS;
  for (let at = 0; at < bytes.length;) {
    const end = Math.min(bytes.length, at + 1 + random(Math.ceil(size)));
    chunks.push(bytes.subarray(at, end));
    at = end;
  }
  return chunks;
}

/** The largest buffer that was asked for meanwhile. */
function largestAllocation(work: () => void): number {
  let largest = 0;
  Buffer.allocUnsafe = (size) => {
    largest = Math.max(largest, size);
    return allocUnsafe(size);
  };
  try {
    work();
  } finally {
    Buffer.allocUnsafe = allocUnsafe;
  }
  return largest;
}
