/** The envelope's limits, against a naive model, and what is refused as no event. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import {
  checkEnvelope,
  isoTime,
  LIMITS,
  parseJson,
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
      const expected = [...summary].slice(0, 400).join('').toWellFormed();
      assert.equal(checkEnvelope({ ...MINIMAL, summary }).summary, expected);
    }),
  );
});

test('property: received_at is a time in nanoseconds, and never one that was rounded', () => {
  fc.assert(
    fc.property(fc.bigInt(-(2n ** 65n), 2n ** 65n), (at) => {
      fc.pre(at < 0n || at >= 10n ** 16n);
      const within = at >= 10n ** 18n && at < 2n ** 63n;
      assert.equal(refused({ ...MINIMAL, received_at: at }), !within);
      if (within) assert.equal(checkEnvelope({ ...MINIMAL, received_at: at }).received_at, at);
    }),
  );
  for (const bad of [1.5, -1, 2 ** 53, 2 ** 60, Number.NaN, Infinity, '1', null, true]) {
    assert.equal(refused({ ...MINIMAL, received_at: bad }), true, String(bad));
  }
});

test('a received_at in seconds, milliseconds or microseconds is the time that it means', () => {
  const taken = (at: number | bigint) => checkEnvelope({ ...MINIMAL, received_at: at }).received_at;
  const at = 1_796_115_059_123_456_789n;
  assert.equal(taken(at), at);
  assert.equal(taken(1_796_115_059_123_456), 1_796_115_059_123_456_000n);
  assert.equal(taken(1_796_115_059_123), 1_796_115_059_123_000_000n);
  assert.equal(taken(1_796_115_059), 1_796_115_059_000_000_000n);
  assert.equal(taken(1_796_115_059n), 1_796_115_059_000_000_000n);
});

test('property: what is no time since 2001 in any unit is refused, and what is taken is one', () => {
  fc.assert(
    fc.property(fc.bigInt(-(2n ** 20n), 10n ** 19n), (at) => {
      if (refused({ ...MINIMAL, received_at: at })) return;
      const taken = checkEnvelope({ ...MINIMAL, received_at: at }).received_at ?? 0n;
      assert.ok(taken >= 10n ** 18n && taken < 2n ** 63n, `${at} became ${taken}`);
    }),
  );
  for (const bad of [0, 1, 999_999_999, 10n ** 10n, 10n ** 13n, 10n ** 16n, 10n ** 18n - 1n]) {
    assert.equal(refused({ ...MINIMAL, received_at: bad }), true, String(bad));
  }
});

test('a time is shown whatever it is', () => {
  assert.equal(isoTime(1_796_115_059_123_456_789n), '2026-12-01T08:50:59.123Z');
  assert.equal(isoTime(0n), '1970-01-01T00:00:00.000Z');
  assert.equal(isoTime(-1_000_000_000n), '1969-12-31T23:59:59.000Z');
  assert.equal(isoTime(10n ** 40n), `${10n ** 40n} ns`);
});

test('an integer that no other reader can hold is refused', () => {
  assert.equal(refused({ ...MINIMAL, fields: { n: 10n ** 308n - 1n } }), false);
  assert.equal(refused({ ...MINIMAL, fields: { n: 10n ** 308n } }), true);
  assert.equal(refused({ ...MINIMAL, fields: { n: [-(10n ** 308n)] } }), true);
  assert.equal(
    refused(parseJson(`{"source":"a","event_type":"b","fields":{"n":${'9'.repeat(5000)}}}`)),
    true,
  );
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
