/** Wire bytes: slabs that are never written over, and pieces that hold what they should. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { check } from '../../../test/support/property.js';
import { FrameDecoder } from '../../src/socket/frame.js';
import { chunksOf, SLAB_BYTES, WireWriter } from '../../src/store/wire.js';

const text = fc.oneof(
  fc.string({ unit: 'grapheme', minLength: 1, maxLength: 60 }),
  fc.integer({ min: 1, max: 3 * SLAB_BYTES }).map((length) => 'x'.repeat(length)),
  fc.integer({ min: 1, max: SLAB_BYTES }).map((length) => '\u20ac'.repeat(length)),
);

test('any selection of frames comes out whole and in order, in pieces that end where they say', (t) => {
  check(
    t,
    fc.property(fc.array(fc.tuple(text, fc.boolean()), { maxLength: 40 }), (frames) => {
      const writer = new WireWriter();
      const events = frames.map(([body, wanted]) => ({ body, wanted, span: writer.append(body) }));
      const wanted = events.filter((event) => event.wanted);
      const decoder = new FrameDecoder(16 * SLAB_BYTES);
      let at = 0;
      for (const { bytes, last } of chunksOf(wanted)) {
        const bodies = [...decoder.push(bytes)].map(String);
        assert.deepEqual(
          bodies,
          wanted.slice(at, at + bodies.length).map(({ body }) => body),
        );
        at += bodies.length;
        assert.equal(wanted[at - 1], last);
      }
      assert.equal(at, wanted.length);
    }),
    { numRuns: 300 },
  );
});

test('neighbours in a slab are one piece of memory and are not copied', () => {
  const writer = new WireWriter();
  const events = Array.from({ length: 20 }, (_, n) => ({ span: writer.append(`frame ${n}`) }));
  const chunks = chunksOf(events);
  assert.equal(chunks.length, 1);
  assert.equal(chunks[0]?.bytes.buffer, events[0]?.span.slab.buffer);
  assert.equal(chunksOf([]).length, 0);
});
