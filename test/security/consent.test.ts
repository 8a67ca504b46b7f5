/**
 * What is asked is what is granted: no spelling of a path, no member of a manifest and no older or
 * renamed package gets past the person who is asked.
 */
import assert from 'node:assert/strict';
import { join } from 'node:path';
import { test } from 'node:test';
import { EMPTY_LOCKFILE, isAgreed, type Pin } from '@waitbus/plugin-sdk/lockfile';
import {
  CONSENT_MEMBERS,
  consentLines,
  declaredChanges,
  NO_CAPABILITIES,
  type Manifest,
} from '@waitbus/plugin-sdk/manifest';
import {
  capabilitiesSchema,
  readManifest,
  sourceEntrySchema,
} from '@waitbus/plugin-sdk/manifest/check';
import { permissionFlags } from '@waitbus/plugin-sdk/permissions';
import { checkSeen, rememberSeen } from '../../cli/src/plugins/seen.js';
import { conflictsOf } from '../../cli/src/plugins/reserved.js';
import { assertEnds, PluginBox } from '../plugins/support.js';

const ENTRY = { entry: './index.js', activation: 'on-demand', eventTypes: ['tick'] };

function manifestWith(entry: object): Manifest {
  const packageJson = {
    name: 'waitbus-source-mine',
    version: '1.0.0',
    engines: { waitbus: '^0.1.0' },
    'waitbus.sources.v1': { mine: { ...ENTRY, ...entry } },
  };
  return readManifest(JSON.stringify(packageJson), 'package.json');
}

const EVERYTHING_IN_DISGUISE = [
  '/*/x',
  '//',
  '/',
  '/*',
  '~/*',
  '~/../..',
  '/home/../*',
  '/./etc',
  '~/',
  '/etc//x',
  '/etc/',
  '/a*/b',
  '/a*',
  '~root/.ssh',
  'cache',
  '../x',
  '',
];

for (const place of EVERYTHING_IN_DISGUISE) {
  test(`the place ${JSON.stringify(place)} is refused in a manifest, and grants nothing in a lock`, () => {
    for (const key of ['fsRead', 'fsWrite']) {
      assert.throws(() => manifestWith({ capabilities: { [key]: [place] } }), new RegExp(key));
      const flags = permissionFlags({ ...NO_CAPABILITIES, [key]: [place] }, '20.19.0', {
        code: ['/code'],
        own: ['/state'],
        home: '/h/ada',
      });
      const granted = flags.filter((flag) => flag.startsWith('--allow-fs'));
      assert.deepEqual(granted, [
        '--allow-fs-read=/code/*',
        '--allow-fs-read=/state/*',
        '--allow-fs-write=/state/*',
      ]);
    }
  });
}

test('places in their one spelling are taken', () => {
  const fsRead = ['*', '~', '~/.kube', '/etc/kube/*', '/etc/hosts', '/a..b/...'];
  manifestWith({ capabilities: { fsRead } });
});

for (const [name, how] of [
  ['LD_PRELOAD', { prependPath: './x.so' }],
  ['ld_audit', { value: 'x' }],
  ['DYLD_INSERT_LIBRARIES', { value: 'x' }],
  ['BASH_ENV', { prependPath: './x.sh' }],
  ['ENV', { prependPath: './x.sh' }],
  ['PATH', { prependPath: './bin' }],
  ['PROMPT_COMMAND', { value: 'id' }],
  ['PS1', { value: '$(id)' }],
  ['NODE_OPTIONS', { append: '--require x' }],
  ['PYTHONSTARTUP', { prependPath: './x.py' }],
  ['PYTHONPATH', { value: '/tmp' }],
  ['GIT_SSH_COMMAND', { value: 'id' }],
  ['EDITOR', { value: 'id' }],
  ['HTTPS_PROXY', { value: 'http://127.0.0.1' }],
  ['WAITBUS_STATE_DIR', { value: '/tmp' }],
] as const) {
  test(`a source cannot have ${name} set in a shell`, () => {
    assert.throws(
      () => manifestWith({ shellEnv: { [name]: how } }),
      new RegExp(`mine\\.shellEnv\\.${name}: ${name} `),
    );
  });
}

test('a source is not passed what loads code into its process', () => {
  for (const name of ['NODE_OPTIONS', 'NODE_PATH', 'LD_PRELOAD', 'BASH_ENV']) {
    assert.throws(() => manifestWith({ capabilities: { env: [name] } }), /is not passed on/);
  }
});

test('every member of a manifest has its place in what is asked and shown', () => {
  const members = Object.keys(sourceEntrySchema.def.shape).sort();
  assert.deepEqual([...CONSENT_MEMBERS].sort(), members);
  const capabilities = Object.keys(capabilitiesSchema.def.shape).sort();
  assert.deepEqual(Object.keys(NO_CAPABILITIES).sort(), capabilities);
});

/** One more of each member than the entry that all of them begin with. */
const MORE: Readonly<Record<string, object>> = {
  activation: { activation: 'always' },
  capabilities: { capabilities: { net: ['*'] } },
  deliveryIds: { deliveryIds: 'per-run' },
  entry: { entry: './other.js' },
  eventTypes: { eventTypes: ['tick', 'tock'] },
  fields: { fields: { tick: { a: 'string' } } },
  open: { open: true },
  scope: { scope: 'path' },
  secrets: { secrets: ['a-token'] },
  shellEnv: { shellEnv: { MINE: { value: 'x' } } },
  turnOn: { turnOn: 'mine on' },
  verdicts: { verdicts: ['tick'] },
};

for (const member of CONSENT_MEMBERS) {
  test(`a change of ${member} alone is shown, and what is more of it is asked`, () => {
    const before = manifestWith({});
    const next = manifestWith(MORE[member] ?? {});
    const { more, changes } = declaredChanges(before, next);
    const { sources } = next;
    if (member === 'capabilities') {
      const asked = sources['mine']?.capabilities ?? NO_CAPABILITIES;
      assert.equal(isAgreed(NO_CAPABILITIES, asked), false);
      return;
    }
    assert.notDeepEqual(changes, []);
    const asks = ['activation', 'open', 'scope', 'secrets', 'shellEnv', 'turnOn'];
    assert.equal(more.length > 0, asks.includes(member), more.join());
    assert.deepEqual(declaredChanges(null, next).more, consentLines(next, 'agree'));
  });
}

test('a shell variable, a background run and a scope are shown before a package is pinned, and asked about when they come later', async () => {
  await using box = new PluginBox();
  const of = (version: string, entry: object) =>
    box.tarball({
      version,
      packageJson: { 'waitbus.sources.v1': { mine: { ...ENTRY, ...entry } } },
    });
  const first = await box.add(await of('1.0.0', { shellEnv: { MINE: { value: 'a b' } } }));
  assert.match(first.stderr, /mine runs while somebody waits on it/);
  assert.match(first.stderr, /mine sets MINE in a shell to "a b"/);
  const next = { shellEnv: { MINE: { value: 'c' } }, activation: 'always', scope: 'path' };
  const said = assertEnds(await box.plugin('add', await of('1.1.0', next)), 77);
  for (const line of [
    /mine runs whenever the daemon does/,
    /mine sets MINE in a shell to "c"/,
    /mine tells a waiter only of what lies below its directory, by fields\.path/,
    /no longer: mine sets MINE in a shell to "a b"/,
  ]) {
    assert.match(said, line);
  }
  assert.equal(box.pin().version, '1.0.0');
});

test('an older version is not taken without a word', async () => {
  await using box = new PluginBox();
  await box.add(await box.tarball({ version: '1.10.0' }));
  const older = await box.tarball({ version: '1.9.0' });
  assertEnds(await box.plugin('add', older), 77, /is older than 1\.10\.0, which is pinned/);
  await box.add(older);
  assert.equal(box.pin().version, '1.9.0');
});

const PIN = { dependencies: {}, integrity: `sha512-${'A'.repeat(86)}==`, origin: 'registry' };

test('bytes that were seen under a number stay known when the pin is gone', async () => {
  await using box = new PluginBox();
  const at = box.directory;
  const ws = { content: 'h1:x', integrity: 'sha512-w', optional: false, version: '8.0.0' };
  const pin = {
    ...PIN,
    version: '1.0.0',
    dependencies: { 'node_modules/ws': ws },
  } as unknown as Pin;
  rememberSeen(at, 'waitbus-source-mine', pin);
  rememberSeen(at, 'waitbus-source-mine', { ...pin, version: '1.1.0', integrity: 'sha512-B' });
  checkSeen(at, 'waitbus-source-mine', pin);
  const other = { ...pin, integrity: `sha512-${'C'.repeat(86)}==` };
  assert.throws(
    () => checkSeen(at, 'waitbus-source-mine', other),
    /waitbus-source-mine@1\.0\.0 had other bytes when it was seen before/,
  );
  const swapped = { ...pin, dependencies: { 'node_modules/ws': { ...ws, integrity: 'sha512-v' } } };
  assert.throws(() => checkSeen(at, 'waitbus-source-other', swapped), /ws@8\.0\.0 had other bytes/);
  // A file of the user's own may have other bytes under one number.
  checkSeen(at, 'waitbus-source-mine', { ...other, origin: 'tarball' });
});

test('two packages of one lock claim one name: neither runs, and who waits is told why', async () => {
  await using box = new PluginBox();
  await box.add(await box.tarball());
  await using other = new PluginBox();
  await other.add(await other.tarball({ name: 'waitbus-source-thief' }));
  box.rewrite((plugins) => ({
    ...plugins,
    // Older than the other, says the lock.
    'waitbus-source-thief': {
      ...other.pin('waitbus-source-thief'),
      firstPinnedAt: '2020-01-01T00:00:00Z',
    },
  }));
  const wait = await box.run(['wait', '--source', 'mine', '--timeout', '20s']);
  assertEnds(wait, 2, /the source name mine is pinned for/);
  const audit = assertEnds(await box.plugin('audit'), 78);
  assert.match(audit, /waitbus-source-mine: the source name mine belongs to waitbus-source-thief/);
  assert.match(audit, /waitbus-source-thief: the source name mine belongs to waitbus-source-mine/);
  assertEnds(await box.plugin('remove', 'waitbus-source-thief'), 0);
  assertEnds(await box.run(['wait', '--source', 'mine', '--timeout', '20s']), 0);
});

for (const name of ['waitbus-source-github', '@waitbus/kernel', 'waitbus']) {
  test(`a package that calls itself ${name} is refused, whatever its sources are called`, async () => {
    await using box = new PluginBox();
    const tarball = await box.tarball({ name });
    assertEnds(
      await box.plugin('add', tarball, '--yes'),
      78,
      new RegExp(`the package name ${name} is reserved for waitbus itself`),
    );
    assert.equal(conflictsOf(name, ['mine'], EMPTY_LOCKFILE).length, 1);
    assert.deepEqual(box.installed(join(name)), []);
  });
}
