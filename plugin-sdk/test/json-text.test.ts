/** JSON as text that keeps 64-bit integers, and is JSON.parse in all else. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { parseFrameText, parseJson, stringifyJson } from '@waitbus/plugin-sdk/envelope';

/** JSON values with integers of any size as bigint, as the text's reader must see them. */
const json = fc.letrec<{ value: unknown }>((tie) => ({
  value: fc.oneof(
    { maxDepth: 4, depthSize: 'small' },
    fc.string({ unit: 'binary' }),
    fc.boolean(),
    fc.constant(null),
    fc.bigInt(-(2n ** 70n), 2n ** 70n),
    fc.double({ noNaN: true, noDefaultInfinity: true }).map((n) => (Object.is(n, -0) ? 0 : n)),
    fc.array(tie('value'), { maxLength: 5 }),
    fc.dictionary(fc.string(), tie('value'), { maxKeys: 5, noNullPrototype: true }),
  ),
})).value;

/** Integers within ±(2^53-1) are plain numbers on the way back. */
function normal(value: unknown): unknown {
  if (typeof value === 'bigint') {
    return Number.isSafeInteger(Number(value)) ? Number(value) : value;
  }
  if (typeof value === 'number' && Number.isInteger(value) && !Number.isSafeInteger(value)) {
    // Written with all its digits below 1e21, and then as exact as a bigint.
    return /e/.test(String(value)) ? value : BigInt(String(value));
  }
  if (Array.isArray(value)) return value.map(normal);
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([key, member]) => [key, normal(member)]));
}

test('property: what stringifyJson writes parseJson reads, 64-bit integers and all', () => {
  fc.assert(
    fc.property(json, (value) => {
      assert.deepEqual(parseJson(stringifyJson(value)), normal(value));
    }),
    { numRuns: 1000 },
  );
});

test('property: for JSON without large integers parseJson is JSON.parse', () => {
  fc.assert(
    fc.property(fc.json(), (text) => {
      const plain: unknown = JSON.parse(text);
      assert.deepEqual(parseJson(text), normal(plain));
    }),
    { numRuns: 500 },
  );
});

test('property: malformed text is refused just as JSON.parse refuses it', () => {
  const text = fc
    .tuple(fc.json(), fc.nat(), fc.constantFrom('"', '\\', '}', '12345678901234567890', '-', ''))
    .map(([whole, at, put]) => {
      const cut = at % (whole.length + 1);
      return whole.slice(0, cut) + put + whole.slice(cut + 1);
    });
  fc.assert(
    fc.property(text, (candidate) => {
      let valid = true;
      try {
        JSON.parse(candidate);
      } catch {
        valid = false;
      }
      if (valid) parseJson(candidate);
      else assert.throws(() => parseJson(candidate), SyntaxError);
    }),
    { numRuns: 2000 },
  );
});

test('digits inside strings stay strings, whatever surrounds them', () => {
  for (const text of [
    '{"a":"12345678901234567890"}',
    '{"12345678901234567890":1}',
    '["\\"12345678901234567890"]',
    '["\\\\",12345678901234567890]',
    '[12345678901234567890,"x"]',
    '[-12345678901234567890]',
    '[1234567890123456789012345678901234567890]',
  ]) {
    assert.equal(stringifyJson(parseJson(text)), text);
  }
});

/** Those of events that an older version stored as well. */
const anyTime = fc.oneof(fc.bigInt(-(2n ** 70n), 2n ** 70n), fc.bigInt(-20n, 20n));

test('property: parseFrameText reads a frame of the daemon as parseJson does', () => {
  fc.assert(
    fc.property(anyTime, fc.string(), fc.string(), (at, id, text) => {
      const frame = stringifyJson({
        kind: 'event',
        event_id: id,
        owner: text,
        received_at: at,
        delivery_id: 'd',
        summary: '',
        fields: { a: text, received_at: 1234567890123456n },
      });
      const parsed = parseFrameText(frame) as Record<string, unknown>;
      assert.equal(parsed['received_at'], at);
      assert.deepEqual(
        { ...parsed, received_at: 0 },
        {
          ...(parseJson(frame) as object),
          received_at: 0,
        },
      );
    }),
  );
});
