/** Where a text stops being JSON, said without a word of it. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { jsonFault, notJson, parseJson } from '@waitbus/plugin-sdk/envelope';

for (const [text, line, column] of [
  ['', 1, 1],
  ['root:x:0:0:root', 1, 1],
  ['{"a":1,}', 1, 8],
  ['{\n  "a" 1\n}', 2, 7],
  ['[1,\n2', 2, 2],
  ['{"a":"b\n"}', 1, 6],
  ['[1] 2', 1, 5],
  ['{"a":01}', 1, 6],
  ['[tru]', 1, 2],
  ['{"a":[{},{"b":-}]}', 1, 15],
] as const) {
  test(`${JSON.stringify(text)} ends to be JSON at ${line}:${column}`, () => {
    assert.deepEqual(jsonFault(text), { line, column });
    assert.throws(() => parseJson(text), new SyntaxError(notJson(text)));
  });
}

test('property: what is parsed has no fault before its end, what is not has one within', () => {
  const json = fc.jsonValue().map((value) => JSON.stringify(value));
  const cut = fc.tuple(json, fc.nat(200), fc.constantFrom('', '}', ']', ',', '"', ':', 'x', ' '));
  fc.assert(
    fc.property(cut, ([text, at, more]) => {
      const bent = text.slice(0, at) + more + text.slice(at);
      const { line, column } = jsonFault(bent) ?? { line: 0, column: 0 };
      assert.equal(line, 1);
      assert.ok(column >= 1 && column <= bent.length + 1);
      let sound = true;
      try {
        JSON.parse(bent);
      } catch {
        sound = false;
      }
      if (sound) assert.equal(column, bent.length + 1);
    }),
  );
});

test('a text that is too long to look at is not looked at', () => {
  assert.equal(jsonFault('['.repeat(300_000)), null);
  assert.equal(notJson('['.repeat(300_000)), 'not JSON');
});
