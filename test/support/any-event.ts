/**
 * Events as programs may emit them and as older versions may have stored them: every kind of text,
 * number, key and time that an envelope can carry.
 */
import fc from 'fast-check';
import { checkEnvelope, type CheckedEvent, type Envelope } from '@waitbus/plugin-sdk/envelope';

export const READER = 'reader';

/** Halves of pairs, controls, escape sequences, marks of direction, separators, emptiness. */
const text = fc.oneof(
  fc.string({ unit: 'binary', maxLength: 40 }),
  fc
    .array(fc.integer({ min: 0, max: 0xffff }), { maxLength: 20 })
    .map((units) => String.fromCharCode(...units)),
  fc.constantFrom(
    '',
    '\ud800',
    'a\udc00b',
    '\u001b[2J\u001b]0;title\u0007',
    'one\r\ntwo\nthree',
    '\u2028\u2029\u0085',
    '\u202eabc',
    '\u0000',
    ',"received_at":1752000000123456789,',
    'waitbus-data 0123>>>',
    '"\\"',
    'x'.repeat(900),
  ),
);

/** As members of an event, of a prototype, or of what commands read are named. */
const key = fc.oneof(
  fc.constantFrom(
    ...['__proto__', 'constructor', 'toString', 'hasOwnProperty', 'length', ''],
    ...['kind', 'event_id', 'event_type', 'received_at', 'source', 'owner', 'repo', 'fields'],
    ...['summary', 'payload', 'delivery_id', 'ingest_method', 'then', 'toJSON', '0', '-1'],
    ...['msg_to', 'msg_from', 'msg_body', 'msg_thread', 'msg_expires_at', 'msg_reply_to'],
    ...['msg_correlation_id', 'scope', 'status', 'conclusion', 'run_id', 'head_sha'],
  ),
  text,
);

const number = fc.oneof(
  fc.double({ noNaN: true, noDefaultInfinity: true }),
  fc.integer(),
  fc.bigInt(-(2n ** 64n), 2n ** 64n),
  fc.constantFrom<number | bigint>(0, -0, 2 ** 53, 9_007_199_254_740_993n, 10n ** 307n, 1e308),
);

const { value } = fc.letrec<{ value: unknown }>((tie) => ({
  value: fc.oneof(
    { maxDepth: 5, depthSize: 'small' },
    text,
    number,
    fc.boolean(),
    fc.constant(null),
    fc.array(tie('value'), { maxLength: 3 }),
    record(tie('value')),
  ),
}));

/** With keys of its own, `__proto__` among them. */
function record(member: fc.Arbitrary<unknown>): fc.Arbitrary<object> {
  return fc
    .array(fc.tuple(key, member), { maxLength: 5 })
    .map((entries) => Object.fromEntries(entries));
}

const time = fc.oneof(
  fc.constant(undefined),
  ...[9n, 12n, 15n].map((zeros) => fc.bigInt(10n ** zeros, 10n ** (zeros + 1n) - 1n)),
  fc.bigInt(-(2n ** 40n), 2n ** 63n),
  fc.constantFrom<bigint | number>(0n, -1n, 2n ** 63n - 1n, 10n ** 18n, 1_796_115_059, 1.5),
);

/** What a store of an older version may hold: it was checked less, or its clock was wrong. */
export const oldTime = fc.oneof(
  fc.bigInt(-(2n ** 70n), 2n ** 70n),
  fc.constantFrom(0n, -1n, 1n, 1_796_115_059n, 1_796_115_059_123n, 2n ** 63n, 10n ** 40n),
);

const name = fc.option(text, { nil: undefined });

/** Some are messages to READER, from a name that is shown, and some pass for them only. */
const message = fc.record({ msg_to: fc.constant(READER), msg_from: fc.constantFrom('ada', 'bob') });

const envelope = fc
  .record({
    source: fc.constantFrom('agent', 'agent', 'agent', 'github', 'fs'),
    event_type: fc.constantFrom('agent_message', 'agent_message', 'agent_failed', 'workflow_run'),
    received_at: time,
    owner: name,
    repo: name,
    summary: name,
    payload: fc.option(value, { nil: undefined }),
    fields: fc
      .tuple(record(value), fc.option(message, { nil: {} }))
      .map(([fields, addressed]) => ({ ...fields, ...addressed })),
  })
  .map((members) => members as Envelope);

/** Envelopes of which `emit` may take or refuse each. */
export function anyEnvelopes(seed: number, count: number): Envelope[] {
  return fc.sample(envelope, { seed, numRuns: count });
}

/** Events that passed a check, but with a time that none of today's would let through. */
export function oldEvents(seed: number, count: number): CheckedEvent[] {
  return fc
    .sample(fc.tuple(envelope, oldTime), { seed, numRuns: count * 2 })
    .flatMap(([given, at]) => {
      const { received_at: _time, ...event } = given;
      try {
        return [{ ...checkEnvelope(event), received_at: at }];
      } catch {
        return [];
      }
    })
    .slice(0, count)
    .concat(EXTREMES);
}

/** Over a frame, nested beyond what Python reads, integers of more digits than it takes. */
const EXTREMES = [
  { fields: { msg_to: READER, msg_from: 'ada', msg_body: 'x'.repeat(70_000) } },
  { fields: { big: 10n ** 5000n } },
  { fields: { big: 10n ** 5000n, pad: 'x'.repeat(70_000) } },
].map(({ fields }, at) => ({
  ...checkEnvelope({ source: 'agent', event_type: 'agent_message' }),
  fields,
  received_at: -BigInt(at),
  payload: `${'['.repeat(9000)}${']'.repeat(9000)}`,
}));
