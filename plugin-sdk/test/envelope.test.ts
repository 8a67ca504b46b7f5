/** The envelope's limits, against a naive model; and JSON that keeps 64-bit integers. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import {
  checkEnvelope,
  LIMITS,
  parseFrameText,
  parseJson,
  stringifyJson,
  WaitbusError,
} from '@waitbus/plugin-sdk/envelope';

const MINIMAL = { source: 'agent', event_type: 'agent_finished' };

/** Whether the check refuses with the code it must have. */
function refused(event: unknown): boolean {
  try {
    checkEnvelope(event);
    return false;
  } catch (error) {
    if (error instanceof WaitbusError && error.code === 'WAITBUS_BAD_EVENT') return true;
    throw error;
  }
}

function depthOf(value: unknown): number {
  if (typeof value !== 'object' || value === null) return 0;
  return 1 + Math.max(0, ...Object.values(value).map(depthOf));
}

function keysOf(value: unknown): number {
  if (typeof value !== 'object' || value === null) return 0;
  const own = Array.isArray(value) ? 0 : Object.keys(value).length;
  return own + Object.values(value).reduce<number>((sum, member) => sum + keysOf(member), 0);
}

test('property: fields are taken exactly when they are within depth and keys', () => {
  const tree = fc.object({
    maxDepth: 10,
    maxKeys: 40,
    values: [fc.string(), fc.integer(), fc.boolean(), fc.constant(null)],
  });
  fc.assert(
    fc.property(tree, (fields) => {
      const within = depthOf(fields) <= LIMITS.fieldDepth && keysOf(fields) <= LIMITS.fieldKeys;
      assert.equal(refused({ ...MINIMAL, fields }), !within);
    }),
    { numRuns: 500 },
  );
});

test('fields at each limit pass and one over it do not', () => {
  const nested = (depth: number): unknown => (depth === 0 ? 1 : { a: nested(depth - 1) });
  const listed = (depth: number): unknown => (depth === 0 ? 1 : [listed(depth - 1)]);
  const wide = (keys: number) => Object.fromEntries(Array.from({ length: keys }, (_, n) => [n, n]));
  assert.equal(refused({ ...MINIMAL, fields: nested(8) }), false);
  assert.equal(refused({ ...MINIMAL, fields: nested(9) }), true);
  assert.equal(refused({ ...MINIMAL, fields: { a: listed(7) } }), false);
  assert.equal(refused({ ...MINIMAL, fields: { a: listed(8) } }), true);
  assert.equal(refused({ ...MINIMAL, fields: wide(256) }), false);
  assert.equal(refused({ ...MINIMAL, fields: wide(257) }), true);
  assert.equal(refused({ ...MINIMAL, fields: { a: [wide(128)], b: wide(126) } }), false);
  assert.equal(refused({ ...MINIMAL, fields: { a: [wide(128)], b: wide(127) } }), true);
});

test('property: names are taken exactly when their grammar says so', () => {
  const text = fc.oneof(
    fc.string({ maxLength: 70 }),
    fc.stringMatching(/^[a-z][a-z0-9_-]{0,70}$/),
    fc.stringMatching(/^[a-z][a-z0-9_]{60,66}$/),
  );
  fc.assert(
    fc.property(text, (name) => {
      const isName = /^[a-z][a-z0-9_-]*$/.test(name) && name.length <= 32 && !name.includes('\n');
      const isType = /^[a-z][a-z0-9_]*$/.test(name) && name.length <= 64 && !name.includes('\n');
      assert.equal(refused({ ...MINIMAL, source: name }), !isName);
      assert.equal(refused({ ...MINIMAL, ingest_method: name }), !isName);
      assert.equal(refused({ ...MINIMAL, event_type: name }), !isType);
    }),
  );
});

test('property: delivery_id, owner and repo are measured in bytes of UTF-8', () => {
  const text = fc.string({ unit: 'grapheme', maxLength: 600, size: 'max' });
  fc.assert(
    fc.property(text, (value) => {
      const bytes = Buffer.byteLength(value);
      assert.equal(refused({ ...MINIMAL, delivery_id: value }), bytes > 512 || bytes === 0);
      assert.equal(refused({ ...MINIMAL, owner: value }), bytes > 256 || bytes === 0);
      assert.equal(refused({ ...MINIMAL, repo: value }), bytes > 256 || bytes === 0);
    }),
  );
  assert.equal(refused({ ...MINIMAL, delivery_id: 'é'.repeat(256) }), false);
  assert.equal(refused({ ...MINIMAL, delivery_id: `${'é'.repeat(256)}a` }), true);
});

test('property: a summary is cut at 400 characters and never in the middle of one', () => {
  fc.assert(
    fc.property(fc.string({ unit: 'binary', maxLength: 900, size: 'max' }), (summary) => {
      const expected = [...summary].slice(0, 400).join('');
      assert.equal(checkEnvelope({ ...MINIMAL, summary }).summary, expected);
    }),
  );
});

test('property: received_at is any whole number of 63 bits, never one that was rounded', () => {
  fc.assert(
    fc.property(fc.bigInt(-(2n ** 65n), 2n ** 65n), (at) => {
      const within = at >= 0n && at < 2n ** 63n;
      assert.equal(refused({ ...MINIMAL, received_at: at }), !within);
      if (within) assert.equal(checkEnvelope({ ...MINIMAL, received_at: at }).received_at, at);
    }),
  );
  for (const bad of [1.5, -1, 2 ** 53, Number.NaN, Infinity, '1', null, true]) {
    assert.equal(refused({ ...MINIMAL, received_at: bad }), true, String(bad));
  }
  assert.equal(checkEnvelope({ ...MINIMAL, received_at: 5 }).received_at, 5n);
});

test('a payload passes at 10 MiB of JSON and not a byte above', () => {
  const room = LIMITS.payloadBytes - 2;
  assert.equal(refused({ ...MINIMAL, payload: 'x'.repeat(room) }), false);
  assert.equal(refused({ ...MINIMAL, payload: 'x'.repeat(room + 1) }), true);
  assert.equal(refused({ ...MINIMAL, payload: 'é'.repeat(room / 2 + 1) }), true);
});

test('what is no event is refused, and the message names the member', () => {
  for (const value of [null, undefined, [], 'x', 1, true, () => 1]) {
    assert.equal(refused(value), true);
  }
  for (const [event, names] of [
    [{}, /^source is missing/],
    [{ source: 'agent' }, /^event_type is missing/],
    [{ ...MINIMAL, source: 1 }, /^source must be a string/],
    [{ ...MINIMAL, summary: 1 }, /^summary /],
    [{ ...MINIMAL, delivery_id: '' }, /^delivery_id must not be empty/],
    [{ ...MINIMAL, fields: [] }, /^fields must be an object/],
    [{ ...MINIMAL, fields: { a: undefined } }, /^fields holds a undefined/],
    [{ ...MINIMAL, fields: { a: Number.NaN } }, /^fields holds a number/],
    [{ ...MINIMAL, fields: { a: { b: Symbol('x') } } }, /^fields holds a symbol/],
    [{ ...MINIMAL, kind: 'x' }, /^"kind" is not a member/],
    [{ ...MINIMAL, [`${'k'.repeat(100)}`]: 1 }, /^"k{64}\.\.\." is not a member/],
  ] as const) {
    assert.throws(() => checkEnvelope(event), { code: 'WAITBUS_BAD_EVENT', message: names });
  }
});

test('an event that carries __proto__ is refused or harmless', () => {
  const event = parseJson(
    '{"source":"agent","event_type":"x","fields":{"__proto__":{"polluted":1}}}',
  );
  checkEnvelope(event);
  assert.equal(({} as { polluted?: number }).polluted, undefined);
  assert.equal(refused(parseJson('{"source":"agent","event_type":"x","__proto__":{}}')), true);
});

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

test('property: parseFrameText reads a frame of the daemon as parseJson does', () => {
  fc.assert(
    fc.property(fc.bigInt(0n, 2n ** 63n - 1n), fc.string(), fc.string(), (at, id, text) => {
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
      assert.equal(BigInt(parsed['received_at'] as number), at);
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
