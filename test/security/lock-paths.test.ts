/** A lock that somebody committed names paths outside of its prefix: nothing is written or removed there. */
import assert from 'node:assert/strict';
import { existsSync, mkdirSync, readdirSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { formatLockfile, type Pin } from '@waitbus/plugin-sdk/lockfile';
import { assertEnds, PluginBox } from '../plugins/support.js';

const NAME = 'waitbus-source-mine';
const DEPENDENCY = {
  content: `h1:${'A'.repeat(43)}=`,
  integrity: `sha512-${'A'.repeat(86)}==`,
  optional: false,
  version: '1.0.0',
};

/** A box with one plugin and a directory of the user's beside the state of waitbus. */
async function stage() {
  const box = new PluginBox();
  const tarball = await box.tarball();
  await box.add(tarball);
  const pin = box.pin();
  const victim = join(box.paths.plugins, '..', '..', 'victim');
  mkdirSync(victim);
  writeFileSync(join(victim, 'letter'), 'dear');
  const write = (plugins: Record<string, Pin>) =>
    writeFileSync(box.lockfile, formatLockfile({ lockfileVersion: 1, plugins }));
  return { box, pin, tarball, victim, write };
}

const KEYS = [
  '../../victim',
  '..',
  '.',
  '.staging',
  '/tmp/victim',
  'a/../../victim',
  '@a/..',
  '@a/../../victim',
  'a\\..\\victim',
  'a\0b',
  'trailing.',
  'UPPER',
  'node_modules',
  'x'.repeat(300),
];

test('a plugin key that is a path is refused wherever the lock is read, and nothing is removed', async () => {
  const { box, pin, tarball, victim, write } = await stage();
  await using _ = box;
  const [prefix = ''] = readdirSync(join(box.paths.plugins, NAME));
  // Of the shape that an old version has: only the name keeps it.
  mkdirSync(join(victim, prefix));
  for (const key of KEYS) {
    write({ [key]: pin });
    assertEnds(await box.plugin('install', '--frozen', tarball), 65, /is no name of a package/);
  }
  write({ '../../victim': pin });
  assertEnds(await box.plugin('verify'), 65, /is no name of a package/);
  assertEnds(await box.plugin('update'), 65, /is no name of a package/);
  assert.equal((await box.plugin('audit', '--ci')).code, 65);
  assert.deepEqual(readdirSync(victim).sort(), [prefix, 'letter'].sort());
});

const PLACES = [
  'node_modules/../../../../victim/x',
  'node_modules/..',
  'node_modules/@a/..',
  'node_modules/@a',
  'node_modules/a/node_modules/..',
  'node_modules/node_modules',
  'node_modules/a/node_modules',
  'node_modules/a/b',
  'node_modules//a',
  'node_modules/a/',
  'node_modules/a.',
  'node_modules/.bin',
  'node_modules/a\\b',
  'node_modules/a\0b',
  '/node_modules/a',
  'a',
  `node_modules/${'x'.repeat(300)}`,
];

test('a dependency key that leaves the prefix is refused before anything is fetched or written', async () => {
  const { box, pin, tarball, victim, write } = await stage();
  await using _ = box;
  for (const place of PLACES) {
    write({ [NAME]: { ...pin, dependencies: { [place]: DEPENDENCY } } });
    assertEnds(
      await box.plugin('install', '--frozen', tarball),
      65,
      /is no place below the prefix/,
    );
  }
  assert.deepEqual(readdirSync(victim), ['letter']);
});

test('a version that is a path, a source name that is one, and a root without sha512 are refused', async () => {
  const { box, pin, tarball, write } = await stage();
  await using _ = box;
  const cases: readonly [Partial<Pin>, RegExp][] = [
    [{ version: '../1.0.0' }, /version: must be a version/],
    [{ version: '1.0.0-../../x' }, /version: must be a version/],
    [{ version: `1.0.0-${'x'.repeat(300)}` }, /version: must be a version/],
    [{ sources: ['../../victim'] }, /sources\.0: must match/],
    [{ integrity: null }, /integrity: must be exactly one sha512/],
    [
      { dependencies: { 'node_modules/a': { ...DEPENDENCY, version: 'npm:../x@1.0.0' } } },
      /version: must be a version/,
    ],
    [
      { dependencies: { 'node_modules/a': { ...DEPENDENCY, integrity: null } } },
      /integrity: must be exactly one sha512/,
    ],
    [
      { dependencies: { 'node_modules/a': DEPENDENCY, 'node_modules/A': DEPENDENCY } },
      /is there twice/,
    ],
  ];
  for (const [change, says] of cases) {
    write({ [NAME]: { ...pin, ...change } });
    assertEnds(await box.plugin('install', '--frozen', tarball), 65, says);
  }
});

test('a committed lock that pins a manifest which no check would pass installs nothing', async () => {
  const { box, pin, write } = await stage();
  await using _ = box;
  const packageJson = {
    'waitbus.sources.v1': {
      mine: { entry: './../../../victim/x.js', activation: 'on-demand', eventTypes: ['tick'] },
    },
  };
  // What the lock's writer can do: the pin of these bytes, without the check of their manifest.
  const { lookAtPackage } = await import('@waitbus/plugin-sdk/lockfile');
  const { integrityOf } = await import('../../cli/src/plugins/unpack.js');
  const tarball = await box.tarball({ packageJson });
  const look = await lookAtPackage(tarball.replace(/\.tgz$/, ''), 'all');
  const { content, manifest } = look;
  write({ [NAME]: { ...pin, content, manifest, integrity: integrityOf(tarball) } });
  assertEnds(await box.plugin('install', '--frozen', tarball), 78, /must not leave the package/);
  assert.equal(box.installed().length, 1);
});

test('remove, verify and update take names only: .. wipes nothing', async () => {
  const { box, victim } = await stage();
  await using _ = box;
  for (const word of ['..', '.', '../..', '../../victim', '.staging', '/', 'a/../..', '@a/..']) {
    for (const verb of ['remove', 'verify', 'update']) {
      assertEnds(await box.plugin(verb, word), 64, /is no name of a package/);
    }
  }
  assert.deepEqual(readdirSync(victim), ['letter']);
  assert.equal(box.installed().length, 1);
});

test('remove takes away prefixes and leaves what has another shape', async () => {
  const { box } = await stage();
  await using _ = box;
  const foreign = join(box.paths.plugins, NAME, 'my notes');
  mkdirSync(foreign);
  assertEnds(await box.plugin('remove', NAME), 0);
  assert.deepEqual(box.installed(), [foreign]);
});

test('a plugin directory that is a link is neither emptied nor written through', async () => {
  const { box, pin, tarball, victim, write } = await stage();
  await using _ = box;
  const { rmSync } = await import('node:fs');
  const [prefix = ''] = readdirSync(join(box.paths.plugins, NAME));
  mkdirSync(join(victim, prefix));
  const place = join(box.paths.plugins, NAME);
  rmSync(place, { recursive: true });
  symlinkSync(victim, place);
  write({ [NAME]: pin });
  assertEnds(await box.plugin('install', '--frozen', tarball), 76, /is a link/);
  await box.plugin('remove', NAME);
  assert.deepEqual(readdirSync(victim).sort(), [prefix, 'letter'].sort());
  assert.deepEqual(readdirSync(join(victim, prefix)), []);
});

test('a prefix that is a link to the very same bytes is a change, and is moved aside unfollowed', async () => {
  const { box, tarball } = await stage();
  await using _ = box;
  const { renameSync } = await import('node:fs');
  const [prefix = ''] = box.installed();
  const elsewhere = join(box.work, 'elsewhere');
  renameSync(prefix, elsewhere);
  symlinkSync(elsewhere, prefix);
  assert.equal((await box.plugin('verify')).code, 76);
  assertEnds(await box.run(['wait', '--source', 'mine', '--timeout', '5s']), 2);
  assertEnds(await box.plugin('install', '--frozen', tarball), 0);
  assert.equal((await box.plugin('verify')).code, 0);
  assert.ok(existsSync(join(elsewhere, 'node_modules', NAME, 'package.json')));
});

test('a staging directory that is a link is not swept', async () => {
  const { box, tarball, victim } = await stage();
  await using _ = box;
  const { rmSync } = await import('node:fs');
  const staging = join(box.paths.plugins, '.staging');
  mkdirSync(join(victim, 'add-0123456789ab'));
  rmSync(staging, { recursive: true, force: true });
  symlinkSync(victim, staging);
  assertEnds(await box.plugin('add', tarball, '--yes'), 76, /is a link/);
  assert.deepEqual(readdirSync(victim).sort(), ['add-0123456789ab', 'letter']);
});

test('a source named constructor breaks nothing', async () => {
  await using box = new PluginBox();
  const tarball = await box.tarball({ source: 'constructor' });
  await box.add(tarball);
  assertEnds(await box.run(['wait', '--source', 'constructor', '--timeout', '60s']), 0);
  assertEnds(await box.plugin('audit', '--ci'), 0);
  assertEnds(await box.run(['status']), 0);
  assertEnds(await box.plugin('remove', NAME), 0);
});
