/**
 * Predicates, one spec a line: refused with the spec in the message, or compiled to a test that throws
 * on no subject and does not depend on the order of the specs.
 */
import assert from 'node:assert/strict';
import {
  compile,
  formatPredicate,
  MAX_SPEC_BYTES,
  parsePredicate,
} from '@waitbus/kernel/predicate';
import { plainLine, WaitbusError } from '@waitbus/plugin-sdk/envelope';
import { mutate, pick, type Random } from '../mutate.js';
import type { Target } from '../target.js';

const SEEDS = [
  'fields.conclusion="failure"',
  'fields.n>=3\nfields.n<10',
  'fields.tags.0="a"\nfields.tags.-1^="b"',
  'fields.msg_to*="agent"',
  'source="fs"\nsource="agent"',
  'fields.big=9007199254740993',
  'fields.list*=1',
  'fields.x!=null',
  'received_at>1752000000123456789',
  'fields."a b"."c.d"=[1,{"x":null}]',
  'fields.conclusion=null\nfields.status=null',
  'fields.path~"src/**/*.{ts,tsx}"',
  'fields.path~"[!a]*?\\\\*"',
].map((text) => Buffer.from(text));

const OPERATORS = ['=', '!=', '<', '<=', '>', '>=', '^=', '*=', '~', '==', '~='];
const KEYS = [
  'fields.n',
  'fields.tags.0',
  'fields.tags.-1',
  'fields.constructor',
  'fields.__proto__.x',
  'fields."a b"',
  'fields."tags"."0"',
  'fields.conclusion',
  'fields.path',
];
const VALUES = [
  '1',
  '-1.5',
  '"a"',
  '""',
  'null',
  'true',
  '9007199254740993',
  '"\\u00e9"',
  '1e400',
  '[1,[2]]',
  '{"a":3}',
  '"**/*.ts"',
  '"*{a,b}?"',
];

const SUBJECTS: readonly Record<string, unknown>[] = [
  {},
  { fields: null },
  { fields: [] },
  { fields: { path: '/srv/src/a/b.ts', 'a b': { 'c.d': [1, { x: null }] } } },
  { fields: { n: 1, tags: ['a', 'b'], big: 9007199254740993n, x: null, list: [1, [2], { a: 3 }] } },
  { fields: { n: '1', tags: [], big: 2 ** 53, conclusion: 'failure', msg_to: 'an agent' } },
  { source: 'fs', received_at: 1752000000123456789n, fields: { n: Number.NaN, tags: 'text' } },
  { fields: Object.assign(Object.create(null) as object, { n: true, tags: { 0: 'a' } }) },
];

export const predicates: Target = {
  name: 'predicates',
  make: (random) =>
    random(2) === 0
      ? Buffer.from(Array.from({ length: 1 + random(4) }, () => spec(random)).join('\n'))
      : mutate(random, SEEDS),
  check: (input, random) => {
    const specs = input.toString('utf8').split('\n');
    let matches;
    try {
      matches = compile(parsePredicate(specs));
    } catch (error) {
      assert.ok(error instanceof WaitbusError, String(error));
      assert.equal(error.code, 'WAITBUS_BAD_PREDICATE');
      // As it is shown, and long ones cut.
      const named = specs.some((one) => error.message.includes(plainLine(one).slice(0, 20)));
      assert.ok(named || specs.length > 64, `the message names no spec: ${error.message}`);
      return;
    }
    const formatted = formatPredicate(parsePredicate(specs));
    if (formatted.every((one) => Buffer.byteLength(one) <= MAX_SPEC_BYTES)) {
      assert.deepEqual(parsePredicate(formatted), parsePredicate(specs), 'formatted it is another');
    }
    const shuffled = [...specs].sort(() => random(3) - 1);
    const again = compile(parsePredicate(shuffled));
    for (const subject of SUBJECTS) {
      const answer = matches(subject);
      assert.equal(typeof answer, 'boolean');
      assert.equal(again(subject), answer, 'the order of the specs made a difference');
    }
  },
};

function spec(random: Random): string {
  return `${pick(random, KEYS)}${pick(random, OPERATORS)}${pick(random, VALUES)}`;
}
