/** The grammar of predicates: what parses, and what is told of what does not. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { WaitbusError } from '@waitbus/plugin-sdk/envelope';
import fc from 'fast-check';
import { check } from '../../../test/support/property.js';
import {
  all,
  compare,
  compile,
  formatPredicate,
  MAX_SPEC_BYTES,
  MAX_SPECS,
  oneOf,
  parsePredicate,
  splitSpecs,
  type Literal,
  type Operator,
  type Term,
} from '../../src/predicate/index.js';

const MALFORMED: readonly (readonly [spec: string, reason: RegExp])[] = [
  ['', /is empty/],
  ['   ', /is empty/],
  ['fields.a', /has no operator/],
  ['fields.a 1', /has no operator/],
  ['="x"', /does not begin with a dotted\.key/],
  ['fields a="x"', /does not begin with a dotted\.key/],
  ['"fields.a"=1', /does not begin with a dotted\.key/],
  ['fields.a=', /has no value/],
  ['fields.a =   ', /has no value/],
  ['fields..a=1', /empty segment/],
  ['.a=1', /empty segment/],
  ['a.=1', /empty segment/],
  ['fields.a=failure', /failure is not a JSON literal; a string needs double quotes: "failure"/],
  ["fields.a='failure'", /needs double quotes: "failure"/],
  ['fields.a="failure', /is not a JSON literal/],
  ['fields.a=01', /is not a JSON literal/],
  ['fields.a==1', /at character 9: == is no operator; there are = != < .*\^= .*\*= .*~/],
  ['fields.a~="x"', /at character 9: ~= is no operator; there are = !=/],
  ['fields.a=~"x"', /at character 9: =~ is no operator/],
  ['fields.a <> "x"', /at character 10: <> is no operator/],
  ['fields.a=>1', /=> is no operator/],
  ['fields.a!~"x"', /!~ is no operator/],
  ['fields.a=1 2', /is not a JSON literal/],
  ['fields.a=[1', /at character 10: \[1 is not a JSON literal/],
  ['fields.a={b:1}', /is not a JSON literal/],
  ['fields.a<[1]', /< compares numbers or strings, not a list/],
  ['fields.a>={}', />= compares numbers or strings, not an object/],
  ['fields.a^=["x"]', /\^= takes a string/],
  ['fields.a~1', /~ takes a string/],
  ['fields.a~["*"]', /~ takes a string/],
  ['fields."a=1', /at character 8: the quoted segment of the key has no end/],
  ['fields."\\x"=1', /"\\x" is not a JSON string/],
  ['fields."a"b=1', /does not begin with a dotted\.key/],
  ['fields.a"b"=1', /does not begin with a dotted\.key/],
  ['fields."a".=1', /empty segment/],
  ['fields.a<true', /< compares numbers or strings, not boolean/],
  ['fields.a>=null', />= compares numbers or strings, not null/],
  ['fields.a^=1', /\^= takes a string/],
  ['fields.a^=null', /\^= takes a string/],
];

for (const [spec, reason] of MALFORMED) {
  test(`${JSON.stringify(spec)} is refused with the spec quoted and the reason`, () => {
    const error = refusal([spec]);
    assert.equal(error.code, 'WAITBUS_BAD_PREDICATE');
    assert.ok(error.message.includes(`'${spec}'`), error.message);
    assert.match(error.message, reason);
    assert.notEqual(error.remedy, '');
  });
}

test('a spec of 256 bytes is taken and one of 257 is not; bytes count, not characters', () => {
  const ofBytes = (bytes: number) => `fields.a="${'x'.repeat(bytes - 11)}"`;
  assert.equal(Buffer.byteLength(ofBytes(MAX_SPEC_BYTES)), 256);
  parsePredicate([ofBytes(MAX_SPEC_BYTES)]);
  assert.match(refusal([ofBytes(MAX_SPEC_BYTES + 1)]).message, /longer than 256 bytes/);
  const wide = `fields.a="${'é'.repeat(130)}"`;
  assert.ok(wide.length < MAX_SPEC_BYTES);
  assert.match(refusal([wide]).message, /longer than 256 bytes/);
});

test('64 specs are taken and 65 are not', () => {
  const specs = Array.from({ length: MAX_SPECS }, (_, index) => `fields.k${index}=1`);
  assert.equal(parsePredicate(specs).terms.length, 64);
  assert.match(refusal([...specs, 'fields.a=1']).message, /65 predicates.*64/);
});

test('the malformed spec among good ones is the one that is quoted', () => {
  assert.match(refusal(['fields.a=1', 'fields.b=oops', 'fields.c=2']).message, /'fields\.b=oops'/);
});

test('integers beyond 2^53 keep their digits', () => {
  const [term] = parsePredicate(['fields.a=9007199254740993']).terms;
  assert.deepEqual(term, { kind: 'one-of', path: ['fields', 'a'], values: [9007199254740993n] });
});

test('a literal may hold operator characters, quotes and blanks', () => {
  const [term] = parsePredicate(['fields.a = "x != \\"y\\" <= z"']).terms;
  assert.deepEqual(term, { kind: 'one-of', path: ['fields', 'a'], values: ['x != "y" <= z'] });
});

test('any key at all is reached when it is quoted, by every operator that may hold', (t) => {
  check(
    t,
    fc.property(fc.string({ unit: 'binary', maxLength: 30 }), fc.boolean(), (key, deep) => {
      const own = Object.fromEntries([[key, 'x']]);
      const event = { fields: deep ? { labels: own } : own };
      const path = `fields${deep ? '.labels' : ''}.${JSON.stringify(key)}`;
      for (const rest of ['="x"', ' = "x"', '!="y"', '^="x"', '*="x"', '~"?"', '>="x"']) {
        assert.equal(compile(parsePredicate([path + rest]))(event), true, path + rest);
      }
      assert.equal(compile(parsePredicate([`${path}="y"`]))(event), false);
    }),
    { numRuns: 500 },
  );
});

test('what is formatted parses to the same tree', (t) => {
  const plain = fc.constantFrom('a', 'labels', '0', '-1', "it's", 'a-b');
  const segment = fc.oneof(plain, fc.string({ unit: 'binary', maxLength: 6 }));
  const path = fc.array(segment, { maxLength: 3 }).map((more) => ['fields', ...more]);
  const operator = fc.constantFrom<Operator>('=', '!=', '*=', '^=', '<', '>', '~');
  const scalar = fc.oneof(
    fc.string({ unit: 'binary', maxLength: 8 }),
    fc.constantFrom<Literal>(0, -0, 1.5, 1e21, Infinity, true, null, 2n ** 63n, -(2n ** 53n) - 1n),
  );
  const { value } = fc.letrec<{ value: Literal }>((tie) => ({
    value: fc.oneof(
      { maxDepth: 3 },
      scalar,
      fc.array(tie('value'), { maxLength: 2 }),
      fc.dictionary(fc.constantFrom('a', 'b c', '__proto__'), tie('value'), { maxKeys: 2 }),
    ),
  }));
  const term = fc.tuple(path, operator, value).map(([where, op, literal]): Term => {
    if (op === '=') return oneOf(where, [literal]);
    if (op === '~') return compare(op, where, 'src/**/*.ts');
    const takesText = op === '^=' || op === '<' || op === '>';
    return compare(op, where, takesText ? 'x"y' : literal);
  });
  check(
    t,
    fc.property(fc.array(term, { maxLength: 4 }), (terms) => {
      const specs = formatPredicate(all(terms));
      fc.pre(specs.every((spec) => Buffer.byteLength(spec) <= MAX_SPEC_BYTES));
      const parsed = parsePredicate(specs);
      assert.deepEqual(parsePredicate(formatPredicate(parsed)), parsed);
      if (terms.length === 1) assert.deepEqual(formatPredicate(parsed), specs);
      assert.deepEqual(
        splitSpecs(specs.join(' ')).map((one) => one.trim()),
        specs,
      );
    }),
    { numRuns: 1500 },
  );
});

test('several predicates side by side are told apart, whatever blanks and quotes they hold', () => {
  const texts = [' fields.a = "x y" ', 'fields.b=["p", {"q r":1}]  fields."c d"~"* *"', 'a=1\tb=2'];
  const trimmed = texts.map((one) => splitSpecs(one).map((spec) => spec.trim()));
  assert.deepEqual(trimmed, [
    ['fields.a = "x y"'],
    ['fields.b=["p", {"q r":1}]', 'fields."c d"~"* *"'],
    ['a=1', 'b=2'],
  ]);
  assert.deepEqual(splitSpecs(' '), []);
  assert.throws(() => splitSpecs('a=1 and b=2'), /bad predicate ' and b=2' at character 6/);
  assert.throws(() => parsePredicate(splitSpecs('a="x"b=2')), /'a="x"b=2'.*not a JSON literal/);
  for (const text of ['a="', 'a=QQQ', 'a="x" b="', 'a=[', 'a=]] b=1']) {
    const quoted = text.replace('QQQ', '"'.repeat(3));
    assert.throws(() => parsePredicate(splitSpecs(quoted)), WaitbusError, quoted);
  }
});

test('any text is either taken or refused with WAITBUS_BAD_PREDICATE', (t) => {
  const pieces = fc.constantFrom(
    'fields.a',
    '.',
    '=',
    '!',
    '<',
    '>',
    '^',
    '*',
    '~',
    '"',
    ' ',
    '1',
    'null',
    '\\',
  );
  const any = fc.oneof(
    fc.string({ unit: 'binary' }),
    fc.array(pieces, { maxLength: 12 }).map((parts) => parts.join('')),
  );
  check(
    t,
    fc.property(any, (spec) => {
      try {
        parsePredicate(splitSpecs(spec));
        parsePredicate([spec]);
      } catch (error) {
        assert.ok(error instanceof WaitbusError);
        assert.equal(error.code, 'WAITBUS_BAD_PREDICATE');
      }
    }),
    { numRuns: 800 },
  );
});

function refusal(specs: readonly string[]): WaitbusError {
  try {
    parsePredicate(specs);
  } catch (error) {
    assert.ok(error instanceof WaitbusError);
    return error;
  }
  assert.fail(`${JSON.stringify(specs)} was taken`);
}
