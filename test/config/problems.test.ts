/** What is said of a configuration that is wrong: all of it, each with its line and what was meant. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { checkText } from '../../cli/src/config/read.js';
import { nearest } from '../../cli/src/config/suggest.js';

const said = (text: string, file = 'config.yaml') =>
  checkText({ file, text }).problems.map(
    ({ line, path, message }) => `${line} ${path}: ${message}`,
  );

test('a misspelt key is told with the one that was meant, every problem with its line', () => {
  assert.deepEqual(
    said(`durabilty: full
retention:
  maxage: 30d
  maxSize: 12 MB
log:
  level: inf
disabled: [fs, Bad]
`),
    [
      '1 durabilty: unknown key; did you mean durability?',
      '3 retention.maxage: unknown key; did you mean maxAge?',
      '4 retention.maxSize: 12 MB is not a size such as 500MB or 2GB',
      '6 log.level: Invalid option: expected one of "debug"|"info"|"warn"|"error"',
      '7 disabled.1: must be the name of a source, ^[a-z][a-z0-9_-]{0,31}$',
    ],
  );
});

test('JSON has lines, too', () => {
  assert.deepEqual(
    said('{\n\t"log": {\n\t\t"level": "info",\n\t\t"lvel": 1\n\t}\n}', 'config.json'),
    ['4 log.lvel: unknown key; did you mean level?'],
  );
  assert.match(said('{\n  "log": {},\n}\n', 'config.json').join(), /^3 : is not JSON: /);
  assert.match(said('{"log": {}, "log": {}}', 'config.json').join(), /^1 : .*unique/);
  assert.match(said('{"a"', 'config.json').join(), /^1 : is not JSON/);
});

test('what is no YAML, or no JSON data, is told with its line', () => {
  assert.match(said('log: {}\nlog: {}\n').join(), /^2 : .*unique/);
  assert.match(said('a: [1\nb: 2\n').join(), /^[12] : /);
  assert.match(said('sources:\n  fs: {x: .inf}\n').join(), /^2 sources\.fs\.x: is no number/);
  assert.match(said('sources:\n  __proto__: {x: 1}\n').join(), /__proto__: is no key/);
  assert.match(said('- 1\n').join(), /expected object/);
  const bomb = [
    'a: &a [1]',
    ...'bcdefghij'.split('').map((key, at) => {
      const before = 'abcdefghij'[at];
      return `${key}: &${key} [${Array<string>(10).fill(`*${before}`).join(',')}]`;
    }),
  ];
  assert.match(said(bomb.join('\n')).join(), /alias/i);
  assert.match(said('['.repeat(200_000), 'config.json').join(), /JSON|deeply/);
  assert.match(said(`${'['.repeat(100_000)}${']'.repeat(100_000)}`).join(), /deeply/);
});

test('an empty file, or one of comments, says nothing', () => {
  for (const text of ['', '\n', '# nothing\n', '---\n']) assert.deepEqual(said(text), []);
  assert.deepEqual(said('', 'config.json'), []);
  assert.deepEqual(checkText({ file: 'config.yaml', text: '' }).config?.sources, {});
});

test('only what is near is suggested', () => {
  assert.equal(nearest('max-age', ['maxSize', 'maxAge']), 'maxAge');
  assert.equal(nearest('gihtub', ['fs', 'github']), 'github');
  assert.equal(nearest('gthub', ['fs', 'github']), 'github');
  assert.equal(nearest('postgres', ['fs', 'github']), null);
  assert.equal(nearest('x', ['fs']), null);
});
