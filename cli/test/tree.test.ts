/** What npm resolved, and what of it is never installed. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { readTree } from '../src/plugins/tree.js';
import { prefixName } from '../src/plugins/layout.js';
import { entriesOf } from '../src/plugins/restore-entries.js';
import type { Pin } from '@waitbus/plugin-sdk/lockfile';

const SHA512 = `sha512-${'A'.repeat(86)}==`;

function lockOf(entries: Readonly<Record<string, object>>): object {
  const own = { version: '1.0.0', integrity: SHA512 };
  return {
    lockfileVersion: 3,
    packages: { '': { dependencies: { mine: '^1' } }, 'node_modules/mine': own, ...entries },
  };
}

test('the package and what it depends on, with names, versions and hashes', () => {
  const { root, dependencies } = readTree(
    lockOf({
      'node_modules/ws': { version: '8.18.0', integrity: SHA512, optional: true, os: ['linux'] },
      'node_modules/mine/node_modules/@s/a': { version: '2.0.0', integrity: SHA512 },
      'node_modules/alias': { name: 'real', version: '3.0.0', integrity: SHA512 },
      'node_modules/dev': { version: '1.0.0', integrity: 'nonsense', dev: true },
    }),
    'mine',
  );
  assert.deepEqual([root.name, root.version], ['mine', '1.0.0']);
  assert.deepEqual(
    dependencies.map(({ path, name, optional }) => [path, name, optional]),
    [
      ['node_modules/alias', 'real', false],
      ['node_modules/mine/node_modules/@s/a', '@s/a', false],
      ['node_modules/ws', 'ws', true],
    ],
  );
});

for (const [what, entry, says] of [
  ['sha1 only', { integrity: 'sha1-2jmj7l5rSw0yVb/vlWAYkK/YBwk=' }, /is no sha512: sha1/],
  ['two hashes', { integrity: `${SHA512} ${SHA512}` }, /has 2 hashes/],
  ['an empty integrity', { integrity: '' }, /has no integrity/],
  ['no integrity', { integrity: undefined }, /has no integrity/],
  ['a git repository', { resolved: 'git+ssh://git@example.invalid/x.git#1' }, /git repository/],
  ['a link', { link: true }, /is a link/],
  [
    'a dependency from git',
    { dependencies: { x: 'git+https://example.invalid/x' } },
    /depends on x from git/,
  ],
  ['a dependency from a forge', { dependencies: { x: 'a/b#main' } }, /depends on x from a\/b/],
  [
    'a dependency from the web',
    { optionalDependencies: { x: 'https://example.invalid/x.tgz' } },
    /depends on x from https/,
  ],
  ['a dependency from a file', { dependencies: { x: 'file:../x' } }, /depends on x from file/],
] as const) {
  test(`${what} is refused, and named`, () => {
    const bad = lockOf({ 'node_modules/bad': { version: '1.0.0', integrity: SHA512, ...entry } });
    assert.throws(() => readTree(bad, 'mine'), { code: 'WAITBUS_INSTALL_REFUSED', message: says });
  });
}

test('an alias in the place of what was asked for is refused', () => {
  const lock = lockOf({
    'node_modules/mine': { name: 'other', version: '1.0.0', integrity: SHA512 },
  });
  assert.throws(() => readTree(lock, 'mine'), {
    message: /mine is an alias: its package is other/,
  });
});

test('a path that leaves the prefix is refused', () => {
  const lock = lockOf({ 'node_modules/../../x': { version: '1.0.0', integrity: SHA512 } });
  assert.throws(() => readTree(lock, 'mine'), { message: /leaves the prefix/ });
});

test('every problem is said at once', () => {
  const lock = lockOf({ 'node_modules/a': { link: true }, 'node_modules/b': { integrity: '' } });
  assert.throws(() => readTree(lock, 'mine'), { message: /a is a link.*b has no integrity/ });
});

test('a pin prescribes what was resolved, aliases by their own names', () => {
  const dependency = { content: 'h1:x', integrity: SHA512, optional: false, version: '1.0.0' };
  const pin = {
    version: '1.0.0',
    integrity: SHA512,
    content: 'h1:root',
    dependencies: {
      'node_modules/@s/a': dependency,
      'node_modules/alias': { ...dependency, version: 'npm:@r/real@2.0.0' },
      'node_modules/elsewhere': { ...dependency, content: null, optional: true },
    },
  } as unknown as Pin;
  assert.deepEqual(
    entriesOf('mine', pin).map(({ path, name, version }) => [path, name, version]),
    [
      ['node_modules/mine', 'mine', '1.0.0'],
      ['node_modules/@s/a', '@s/a', '1.0.0'],
      ['node_modules/alias', '@r/real', '2.0.0'],
    ],
  );
  assert.match(prefixName(pin), /^1\.0\.0-[0-9a-f]{12}$/);
  assert.notEqual(prefixName(pin), prefixName({ ...pin, content: 'h1:other' }));
});
