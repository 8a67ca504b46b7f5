/** What the running Node can hold a source to, and the flags for it. */
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { mkdirSync, writeFileSync } from 'node:fs';
import { test } from 'node:test';
import { NO_CAPABILITIES, type Capabilities } from '@waitbus/plugin-sdk/manifest';
import { enforcement, permissionFlags } from '@waitbus/plugin-sdk/permissions';
import { Place } from '../support/kernel.js';

const NOTHING = NO_CAPABILITIES;
const places = { code: ['/code'], own: ['/state'], home: '/h/ada' };

const declaredOf = (of: ReturnType<typeof enforcement>) =>
  Object.entries(of).flatMap(([name, how]) => (how === 'declared' ? [name] : []));

/** As a Node holds it alone, and as the kernel does beside it. */
const byNode = (capabilities: Capabilities, nodeVersion: string) =>
  enforcement(capabilities, { nodeVersion, kernel: false });
const byKernel = (capabilities: Partial<Capabilities>) =>
  enforcement({ ...NOTHING, ...capabilities }, { nodeVersion: '20.19.0', kernel: true });

test('all is enforced for a source that asks for nothing, but the network before Node 25', () => {
  assert.deepEqual(declaredOf(byNode(NOTHING, '20.19.0')), ['net']);
  assert.deepEqual(declaredOf(byNode(NOTHING, '24.1.0')), ['net']);
  assert.deepEqual(declaredOf(byNode(NOTHING, '25.0.0')), []);
});

test('who may use the network may use all of it', () => {
  const some = { ...NOTHING, net: ['example.org'] };
  assert.deepEqual(declaredOf(byNode(some, '25.0.0')), ['net']);
});

for (const way of [{ nativeAddon: true }, { childProcess: ['git'] }]) {
  test(`nothing is called enforced beside a way around it: ${JSON.stringify(way)}`, () => {
    const all = Object.keys(NOTHING).sort();
    assert.deepEqual(declaredOf(byNode({ ...NOTHING, ...way }, '25.0.0')).sort(), all);
  });
}

test('the kernel enforces all of it on every Node, the network too, and beside native code', () => {
  assert.deepEqual(declaredOf(byKernel({})), []);
  assert.deepEqual(declaredOf(byKernel({ nativeAddon: true })), ['nativeAddon']);
  assert.deepEqual(declaredOf(byKernel({ fsRead: ['*'] })), ['env', 'fsRead']);
  assert.deepEqual(declaredOf(byKernel({ net: ['example.org'] })), ['net']);
});

for (const way of [{ childProcess: ['git'] }, { net: ['unix'] }]) {
  test(`programs and sockets of the machine lead out of the kernel’s limits: ${JSON.stringify(way)}`, () => {
    assert.deepEqual(declaredOf(byKernel(way)).sort(), Object.keys(NOTHING).sort());
  });
}

for (const path of ['*', '/proc', '/proc/self']) {
  test(`who may read ${path} may read everything, the environment of other processes too`, () => {
    const declared = declaredOf(byNode({ ...NOTHING, fsRead: [path] }, '25.0.0'));
    assert.ok(declared.includes('env'));
    assert.ok(declared.includes('fsRead'));
  });
}

test('the flag is the one of the Node version', () => {
  for (const [version, flag] of [
    ['20.19.0', '--experimental-permission'],
    ['22.12.0', '--experimental-permission'],
    ['22.13.0', '--permission'],
    ['23.4.0', '--experimental-permission'],
    ['23.5.0', '--permission'],
    ['24.0.0', '--permission'],
  ] as const) {
    assert.equal(permissionFlags(NOTHING, version, places)[0], flag, version);
  }
});

test('what the permission model does not cover is closed by flags, where Node knows them', () => {
  const closing = (version: string) =>
    permissionFlags(NOTHING, version, places).filter((flag) => /sqlite|sigusr1/.test(flag));
  const sqlite = '--no-experimental-sqlite';
  const both = [sqlite, '--disable-sigusr1'];
  const expected = { '20.19.0': [], '22.4.0': [], '22.5.0': [sqlite], '22.13.0': [sqlite] };
  const later = { '22.14.0': both, '23.6.0': [sqlite], '23.7.0': both, '24.0.0': both };
  for (const [version, flags] of Object.entries({ ...expected, ...later })) {
    assert.deepEqual(closing(version), flags, version);
  }
});

test('a source reads its code and its state folder, and writes its state folder', () => {
  assert.deepEqual(permissionFlags(NOTHING, '24.0.0', places), [
    '--permission',
    '--no-experimental-sqlite',
    '--disable-sigusr1',
    '--allow-fs-read=/code/*',
    '--allow-fs-read=/state/*',
    '--allow-fs-write=/state/*',
  ]);
});

test('declared paths are absolute or of the home directory; none twice', () => {
  const fsRead = ['~/.kube', '~/.kube/config', '/etc/*', '/etc/hosts', '~', '/state'];
  const flags = permissionFlags({ ...NOTHING, fsRead }, '24.0.0', places);
  assert.deepEqual(
    flags.filter((flag) => flag.startsWith('--allow-fs-read')),
    ['/code/*', '/state/*', '/etc/*', '/h/ada/*'].map((path) => `--allow-fs-read=${path}`),
  );
});

test('without a home directory its paths are not granted', () => {
  const fsWrite = ['~/out', '/out'];
  const flags = permissionFlags({ ...NOTHING, fsWrite }, '24.0.0', { ...places, home: undefined });
  assert.deepEqual(
    flags.filter((flag) => flag.startsWith('--allow-fs-write')),
    ['--allow-fs-write=/state/*', '--allow-fs-write=/out/*'],
  );
});

test('what is declared is allowed, and no more', () => {
  const extra = (capabilities: object, version: string) =>
    permissionFlags({ ...NOTHING, ...capabilities }, version, places).filter(
      (flag) => !/permission|fs-|warning|^--(no|disable)-/.test(flag),
    );
  assert.deepEqual(extra({}, '25.0.0'), []);
  assert.deepEqual(extra({ childProcess: ['git'] }, '20.19.0'), ['--allow-child-process']);
  assert.deepEqual(extra({ nativeAddon: true }, '20.19.0'), ['--allow-addons']);
  assert.deepEqual(extra({ net: ['*'] }, '24.0.0'), []);
  assert.deepEqual(extra({ net: ['*'] }, '25.0.0'), ['--allow-net']);
});

test('the Node at hand takes the flags for any set of paths, and holds to them', () => {
  using place = new Place();
  for (const name of ['ab', 'abc']) {
    mkdirSync(place.path(name, 'd'), { recursive: true });
    writeFileSync(place.path(name, 'd', 'f'), name);
  }
  const probe = `const fs = require('node:fs');
    const tell = (path) => { try { return fs.readFileSync(path, 'utf8'); } catch (e) { return e.code; } };
    console.log(process.argv.slice(1).map(tell).join(' '));`;
  const asked = ['ab/d/f', 'abc/d/f', 'ab/none'].map((path) => place.path(path));
  for (const [declared, expected] of [
    [['ab'], 'ab ERR_ACCESS_DENIED ENOENT'],
    [['ab', 'ab', 'ab/', 'ab/*', 'ab/d', 'ab/d/f'], 'ab ERR_ACCESS_DENIED ENOENT'],
    [['ab', 'abc'], 'ab abc ENOENT'],
    [['abc/d/f', 'ab/d/f', 'none', 'nonesuch'], 'ab abc ERR_ACCESS_DENIED'],
  ] as const) {
    const fsRead = declared.map((path) => place.path(path) + (path.endsWith('/') ? '/' : ''));
    const flags = permissionFlags({ ...NOTHING, fsRead }, process.versions.node, {
      code: [],
      own: [place.path('state')],
      home: undefined,
    });
    const ran = spawnSync(process.execPath, [...flags, '-e', probe, ...asked], {
      encoding: 'utf8',
    });
    assert.equal(ran.stdout.trim(), expected, ran.stderr);
  }
});
