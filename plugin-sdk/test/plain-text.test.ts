/** What may stand at a terminal, in a log and before a model. */
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { test } from 'node:test';
import fc from 'fast-check';
import {
  bareText,
  isPlainLine,
  plainLine,
  plainText,
  shellWord,
  WaitbusError,
} from '@waitbus/plugin-sdk/envelope';

/** Of each kind that steers, hides, turns or begins a line. */
const STEERING: readonly (readonly [what: string, text: string, shown: string])[] = [
  ['a sequence that clears', '\u001b[2A\u001b[0J', '\\u001b[2A\\u001b[0J'],
  ['a title that nothing ends', '\u001b]0;all that follows', '\\u001b]0;all that follows'],
  ['a C1 control', '\u009b2J', '\\u009b2J'],
  ['DEL and backspace', 'a\u007f\b', 'a\\u007f\\u0008'],
  ['a line break', 'one\ntwo', 'one\\ntwo'],
  ['a carriage return', 'one\rtwo', 'one\\rtwo'],
  ['other separators', '\u0085\u2028\u2029\v\f', '\\u0085\\u2028\\u2029\\u000b\\u000c'],
  ['marks of direction', '\u202ea\u2066b\u200f\u061c', '\\u202ea\\u2066b\\u200f\\u061c'],
  ['what has no width', 'a\u200bb\u200dc\ufeff\u00ad', 'a\\u200bb\\u200dc\\ufeff\\u00ad'],
  ['letters that are not shown', 'a\u3164\u115f', 'a\\u3164\\u115f'],
  ['tags', '\u{e0041}', '\\udb40\\udc41'],
  ['half a pair', 'a\ud800b\udc00', 'a\\ud800b\\udc00'],
  ['a variant of a letter', 'a\ufe0f', 'a\\ufe0f'],
];

for (const [what, text, shown] of STEERING) {
  test(`${what} is shown as its escape`, () => {
    assert.equal(plainLine(text), shown);
    assert.equal(plainLine(shown), shown, 'twice is as once');
    assert.equal(isPlainLine(text), false);
  });
}

test('what people write is left alone', () => {
  for (const text of ['plain', 'naïve 日本語 עברית', '👩🏽‍💻 ❤️ ⚠️', 'C:\\x "quoted"', '']) {
    assert.equal(plainLine(text), text);
    assert.equal(bareText('a\tb\nc'), 'a\tb\nc');
  }
});

test('colours go, and every letter stays', () => {
  assert.equal(plainLine('\u001b[1;31mred\u001b[0m and \u001b[8mhidden\u001b[m'), 'red and hidden');
});

test('a body keeps its lines and tabs, and no carriage return', () => {
  assert.equal(plainText('a\tb\r\nc\rd\u001b[2J'), 'a\tb\nc\\rd\\u001b[2J');
});

const anyText = fc.string({ unit: 'binary', maxLength: 60 });

test('property: JSON stays the same JSON, and nothing in it steers', () => {
  fc.assert(
    fc.property(fc.jsonValue(), anyText, (value, text) => {
      const shown = plainLine(JSON.stringify({ value, text }));
      assert.deepEqual(JSON.parse(shown), JSON.parse(JSON.stringify({ value, text })));
      assert.doesNotMatch(shown, /[\p{Cc}\p{Zl}\p{Zp}\p{Cs}\u200b\u202a-\u202e\u2066-\u2069]/u);
    }),
  );
});

test('property: no part of a text swallows another', () => {
  fc.assert(
    fc.property(anyText, (text) => {
      const shown = plainLine(`${text}<end>`);
      assert.ok(shown.endsWith('<end>'), shown);
    }),
  );
});

test('an error is one line for each thing that it says', () => {
  const error = new WaitbusError('WAITBUS_BAD_CONFIG', 'a\nb', 'c\u001b[2Jd', {
    problems: ['one\ntwo', 'three'],
  });
  assert.equal(error.heading, 'a\\nb');
  assert.deepEqual(error.problems, ['one\\ntwo', 'three']);
  assert.equal(error.message, 'a\\nb: one\\ntwo; three');
  assert.equal(error.remedy, 'c\\u001b[2Jd');
});

test('property: a word for the shell is one shown line, and that word', () => {
  const word = fc.oneof(
    anyText,
    fc.constantFrom("it's", 'a%sb\\n', 'a\u001b[2J', '日\u202e"$(x)`'),
  );
  fc.assert(
    fc.property(word, (given) => {
      // An argument holds no NUL and no half of a pair; a substitution ends before its last breaks.
      const text = `${given.replaceAll('\0', '').toWellFormed()}.`;
      const shown = shellWord(text);
      assert.ok(isPlainLine(shown), shown);
      const said = execFileSync('sh', ['-c', `printf '%s' ${shown}`]);
      assert.deepEqual(said, Buffer.from(text));
    }),
    { numRuns: 40 },
  );
});
