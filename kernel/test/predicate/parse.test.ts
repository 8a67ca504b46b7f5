/** The grammar of predicates: what parses, and what is told of what does not. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { WaitbusError } from '@waitbus/plugin-sdk/envelope';
import fc from 'fast-check';
import { check } from '../../../test/support/property.js';
import { MAX_SPEC_BYTES, MAX_SPECS, parsePredicate } from '../../src/predicate/index.js';

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
  ['fields.a==1', /=1 is not a JSON literal/],
  ['fields.a=1 2', /is not a JSON literal/],
  ['fields.a=[1]', /must be a string, a number, true, false or null/],
  ['fields.a={"b":1}', /must be a string, a number, true, false or null/],
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
