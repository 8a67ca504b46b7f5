/** Parse and compile against the naive model of the grammar, and where they are easily wrong. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { parseJson } from '@waitbus/plugin-sdk/envelope';
import fc from 'fast-check';
import { check } from '../../../test/support/property.js';
import { compile, parsePredicate, type Subject } from '../../src/predicate/index.js';
import {
  isWellTyped,
  json,
  lookup,
  modelHolds,
  write,
  type Scalar,
  type Spec,
  type Value,
} from './naive-model.js';

const KEYS = [
  'event_type',
  'fields.a',
  'fields.b',
  'fields.a.b',
  'fields.a.0',
  'fields.a.-1',
  'fields.a.-2',
  'fields.b.1.a',
  'fields.missing',
  'fields.conclusion',
  'fields.status',
  'fields.length',
  'fields.constructor',
  'fields',
  'a',
];
const OPERATORS = ['=', '!=', '<', '<=', '>', '>=', '^=', '*='];

const text = fc.oneof(
  {
    weight: 3,
    arbitrary: fc.constantFrom('', 'a', 'ab', 'abc', 'b', '1', 'null', 'true', 'é', '\u{1F600}'),
  },
  { weight: 1, arbitrary: fc.string({ maxLength: 5, unit: 'binary' }) },
);
const big = fc.oneof(
  fc.constantFrom(
    2n ** 53n,
    2n ** 53n + 1n,
    2n ** 53n + 2n,
    -(2n ** 53n) - 1n,
    2n ** 63n,
    2n ** 63n - 1n,
  ),
  fc.bigInt({ min: 2n ** 53n, max: 2n ** 70n }),
);
const numeric = fc.oneof(
  fc.constantFrom<number | bigint>(0, 1, -1, 1.5, 12345, 2 ** 53 - 1, 1e-7),
  fc.double({ noNaN: true, noDefaultInfinity: true, min: -1e6, max: 1e6 }),
  big,
);
/** Few enough that an event's value and a literal often meet. */
const common = fc.constantFrom<Scalar>('a', 'ab', 1, 2, 2n ** 53n, 2n ** 53n + 1n, true, null);
const scalar: fc.Arbitrary<Scalar> = fc.oneof(
  { weight: 6, arbitrary: common },
  { weight: 1, arbitrary: text },
  { weight: 1, arbitrary: numeric },
  { weight: 1, arbitrary: fc.boolean() },
);
const value: fc.Arbitrary<Value> = fc.letrec<{ value: Value }>((tie) => ({
  value: fc.oneof(
    { maxDepth: 3 },
    { weight: 3, arbitrary: scalar },
    { weight: 1, arbitrary: fc.array(tie('value'), { maxLength: 3 }) },
    {
      weight: 1,
      arbitrary: fc.dictionary(fc.constantFrom('a', 'b', '0', '__proto__'), tie('value')),
    },
  ),
})).value;
const spec: fc.Arbitrary<Spec> = fc
  .record({
    key: fc.oneof(
      { weight: 3, arbitrary: fc.constantFrom('fields.a', 'fields.b', 'event_type') },
      { weight: 1, arbitrary: fc.constantFrom(...KEYS) },
    ),
    operator: fc.constantFrom(...OPERATORS),
    literal: fc.oneof({ weight: 5, arbitrary: scalar }, { weight: 1, arbitrary: value }),
  })
  .filter((one) => isWellTyped(one) && json(one.literal).length < 100);
/** `own`: the literal is to be the event's own value. */
const drawn = fc.tuple(spec, fc.boolean()).map(([one, own]) => ({ ...one, own }));
const subject = fc.record(
  {
    event_type: text,
    fields: fc.record({ a: value, b: value, conclusion: scalar }, { requiredKeys: ['a'] }),
  },
  { requiredKeys: ['event_type', 'fields'] },
);

test('a predicate holds for exactly the events of the naive model', (t) => {
  let held = 0;
  check(
    t,
    fc.property(
      fc.array(drawn, { minLength: 1, maxLength: 3 }),
      subject,
      fc.boolean(),
      (draws, event, spaced) => {
        const specs = draws.map((one) => (one.own ? withOwnValue(one, event) : one));
        const matcher = compile(parsePredicate(specs.map((one) => write(one, spaced))));
        const received = parseJson(json(event)) as Subject;
        const expected = modelHolds(specs, event);
        assert.equal(matcher(received), expected);
        if (expected) held += 1;
      },
    ),
    { numRuns: 4000 },
  );
  assert.ok(held > 200, `only ${held} runs matched; the property tests too little`);
});

test('an equality that was drawn from the event itself holds, and its negation does not', (t) => {
  check(
    t,
    fc.property(scalar, fc.array(scalar, { maxLength: 3 }), (one, others) => {
      const event = parseJson(json({ fields: { tags: [...others, one] } })) as Subject;
      const holds = (operator: string) =>
        compile(parsePredicate([`fields.tags.-1 ${operator} ${json(one)}`]))(event);
      assert.equal(holds('='), true);
      assert.equal(holds('!='), false);
    }),
    { numRuns: 1000 },
  );
});

test('integers that one double cannot tell apart are told apart', () => {
  const event = parseJson('{"fields":{"id":9007199254740993}}') as Subject;
  const holds = (text: string) => compile(parsePredicate([text]))(event);
  assert.equal(holds('fields.id=9007199254740993'), true);
  assert.equal(holds('fields.id=9007199254740992'), false);
  assert.equal(holds('fields.id!=9007199254740992'), true);
  assert.equal(holds('fields.id>9007199254740992'), true);
  assert.equal(holds('fields.id<9007199254740994'), true);
  assert.equal(holds('fields.id="9007199254740993"'), false);
});

test('repeated equalities on one key are alternatives, other terms conditions', () => {
  const holds = compile(
    parsePredicate(['fields.a=1', 'fields.a=2', 'fields.b="x"', 'fields.b!="y"', 'fields.b!="z"']),
  );
  assert.equal(holds({ fields: { a: 1, b: 'x' } }), true);
  assert.equal(holds({ fields: { a: 2, b: 'x' } }), true);
  assert.equal(holds({ fields: { a: 3, b: 'x' } }), false);
  assert.equal(holds({ fields: { a: 1, b: 'y' } }), false);
  assert.equal(holds({ fields: { a: 1 } }), false);
});

test('a conclusion that is null matches an event that has none', () => {
  const holds = (spec: string, fields: object) => compile(parsePredicate([spec]))({ fields });
  assert.equal(holds('fields.conclusion=null', {}), true);
  assert.equal(holds('fields."conclusion"=null', {}), true);
  assert.equal(holds('fields.conclusion=null', { conclusion: null }), true);
  assert.equal(holds('fields.conclusion=null', { conclusion: 'success' }), false);
  assert.equal(holds('fields.conclusion!=null', {}), false);
  assert.equal(holds('fields.conclusion!="failure"', {}), false);
  assert.equal(holds('fields.x.conclusion=null', { x: {} }), false);
  const either = compile(parsePredicate(['fields.conclusion=null', 'fields.conclusion="success"']));
  assert.equal(either({ fields: {} }), true);
  assert.equal(either({ fields: { conclusion: 'failure' } }), false);
});

test('lists and objects are compared by value, and their integers whole', () => {
  const event = parseJson(
    '{"fields":{"tags":["a",1,9007199254740993],"labels":{"x":{"y":[1.0,null]},"service.name":"checkout"}}}',
  ) as Subject;
  const holds = (spec: string) => compile(parsePredicate([spec]))(event);
  for (const spec of [
    'fields.tags=["a",1.0,9007199254740993]',
    'fields.labels={"service.name":"checkout","x":{"y":[1,null]}}',
    'fields.labels.x={"y":[1,null]}',
    'fields.labels."service.name"="checkout"',
    'fields.tags!=["a",1,9007199254740992]',
    'fields.labels.x!={"y":[1]}',
    'fields.labels.x!={"y":[1,null],"z":1}',
  ])
    assert.equal(holds(spec), true, spec);
  for (const spec of [
    'fields.tags=["a",1,9007199254740992]',
    'fields.tags=["a","1",9007199254740993]',
    'fields.tags={"0":"a","1":1,"2":9007199254740993}',
    'fields.labels.x=[1,null]',
    'fields.labels.x={"y":[null,1]}',
    'fields.labels.x={}',
  ])
    assert.equal(holds(spec), false, spec);
});

test('any other key that is null matches an explicit null and never a missing key', () => {
  const isNull = compile(parsePredicate(['fields.a=null']));
  const isNotNull = compile(parsePredicate(['fields.a!=null']));
  assert.equal(isNull({ fields: { a: null } }), true);
  assert.equal(isNull({ fields: {} }), false);
  assert.equal(isNotNull({ fields: { a: 0 } }), true);
  assert.equal(isNotNull({ fields: {} }), false);
});

function withOwnValue(one: Spec, event: Value): Spec {
  const found = lookup(event, one.key);
  if (found === undefined) return one;
  const own = { ...one, literal: found };
  return isWellTyped(own) && Buffer.byteLength(json(own.literal)) < 200 ? own : one;
}
