/** Frames: cut, joined, too large, and what is no JSON. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { WaitbusError } from '@waitbus/plugin-sdk/envelope';
import fc from 'fast-check';
import { framed } from '../../../test/support/raw.js';
import { check } from '../../../test/support/property.js';
import { encodeFrame, encodeText, FrameDecoder, parseFrame } from '../../src/socket/frame.js';

test('a stream cut into any chunks gives the bodies that went in', (t) => {
  const bodies = fc.array(fc.uint8Array({ minLength: 1, maxLength: 60 }), { maxLength: 12 });
  const cuts = fc.array(fc.integer({ min: 0, max: 17 }), { minLength: 1, maxLength: 20 });
  check(
    t,
    fc.property(bodies, cuts, (sent, sizes) => {
      const stream = Buffer.concat(sent.map((body) => framed(Buffer.from(body))));
      const decoder = new FrameDecoder(60);
      const received: string[] = [];
      for (let at = 0, turn = 0; at < stream.length; turn += 1) {
        const size = sizes[turn % sizes.length] ?? 1;
        // A size of 0 is an empty chunk; a whole round of them would not move on.
        const step = turn % sizes.length === sizes.length - 1 ? Math.max(1, size) : size;
        for (const body of decoder.push(stream.subarray(at, at + step))) {
          received.push(body.toString('hex'));
        }
        at += step;
      }
      assert.deepEqual(
        received,
        sent.map((body) => Buffer.from(body).toString('hex')),
      );
    }),
    { numRuns: 1500 },
  );
});

test('a body stays as it was when later chunks arrive', () => {
  const decoder = new FrameDecoder(100);
  const [first] = [...decoder.push(Buffer.concat([framed('{"a":1}'), Buffer.from([0, 0])]))];
  assert.deepEqual(
    [...decoder.push(Buffer.concat([Buffer.from([0, 2]), Buffer.from('{}')]))].map(String),
    ['{}'],
  );
  assert.equal(String(first), '{"a":1}');
});

test('a partial frame is not an error, only not there yet', () => {
  const decoder = new FrameDecoder(100);
  const frame = framed('{"op":"status"}');
  for (const byte of frame.subarray(0, -1)) {
    assert.deepEqual([...decoder.push(Buffer.from([byte]))], []);
  }
  assert.equal(String([...decoder.push(frame.subarray(-1))][0]), '{"op":"status"}');
});

test('a reader that stops in the middle of a chunk goes on where it stopped', () => {
  const decoder = new FrameDecoder(100);
  for (const body of decoder.push(
    Buffer.concat([framed('{"a":1}'), framed('{"a":2}'), framed('{"a":3}')]),
  )) {
    assert.equal(String(body), '{"a":1}');
    break;
  }
  assert.deepEqual([...decoder.push(Buffer.alloc(0))].map(String), ['{"a":2}', '{"a":3}']);
});

test('a length of 0 or over the cap is a violation; the cap itself is not', () => {
  const violation = { code: 'WAITBUS_BAD_FRAME' };
  assert.throws(() => [...new FrameDecoder(5).push(Buffer.from([0, 0, 0, 0]))], violation);
  assert.throws(() => [...new FrameDecoder(5).push(Buffer.from([0, 0, 0, 6]))], violation);
  assert.throws(() => [...new FrameDecoder(5).push(Buffer.from([255, 255, 255, 255]))], violation);
  assert.equal([...new FrameDecoder(5).push(framed('12345'))].length, 1);
});

test('what is encoded is decoded, 64-bit integers included', () => {
  const message = {
    kind: 'event',
    received_at: 1_752_000_000_123_456_789n,
    summary: 'ä€\u{1F600}\u0000',
  };
  const [body] = [...new FrameDecoder(1000).push(encodeFrame(message))];
  assert.ok(body);
  assert.deepEqual(parseFrame(body), message);
  assert.deepEqual(encodeText('{"a":"é"}'), framed('{"a":"é"}'));
});

for (const [name, body] of [
  ['an empty list', '[]'],
  ['a number', '1'],
  ['null', 'null'],
  ['cut JSON', '{"op":'],
  ['two objects', '{}{}'],
  ['bytes that are not UTF-8', Buffer.from([0x7b, 0x22, 0xff, 0x22, 0x3a, 0x31, 0x7d])],
  ['an overlong UTF-8 sequence', Buffer.from([0x7b, 0x22, 0xc0, 0x80, 0x22, 0x3a, 0x31, 0x7d])],
] as const) {
  test(`${name} is not a frame`, () => {
    assert.throws(
      () => parseFrame(Buffer.from(body)),
      (error) => error instanceof WaitbusError && error.code === 'WAITBUS_BAD_FRAME' && error.fatal,
    );
  });
}
