/** `waitbus plugin add`: what is installed, what never is, and what a wait on it then does. */
import assert from 'node:assert/strict';
import { existsSync, mkdirSync, readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { create } from 'tar';
import { assertEnds, PluginBox, TICKS } from './support.js';

test('a tarball is added offline, listed, verified, and wakes a wait', async () => {
  await using box = new PluginBox();
  const { stderr } = await box.add(await box.tarball({ capabilities: { net: ['*'] } }));
  assert.match(stderr, /sources {7}mine/);
  assert.match(stderr, /evidence {6}local: from a tarball of yours/);
  assert.match(stderr, /net: \* \(declared, not enforced\)/);
  const { evidence, origin, sources, installScripts } = box.pin();
  assert.deepEqual(
    [evidence, origin, sources, installScripts],
    ['local', 'tarball', ['mine'], 'none'],
  );
  assertEnds(await box.plugin('verify'), 0);
  assert.match((await box.plugin('list')).stdout, /waitbus-source-mine +1\.0\.0 +mine +stopped/);
  assertEnds(await box.run(['wait', '--source', 'mine', '--timeout', '20s']), 0);
  assert.match((await box.plugin('list')).stdout, /waitbus-source-mine +1\.0\.0 +mine +running/);
});

test('a directory is packed as npm packs it, and not linked', async () => {
  await using box = new PluginBox();
  const directory = box.package({
    packageJson: { files: ['index.js'] },
    files: { 'secret.txt': 'not packed' },
  });
  await box.add(directory);
  assert.deepEqual(readdirSync(box.packageDirectory()).sort(), ['index.js', 'package.json']);
  writeFileSync(join(directory, 'index.js'), 'changed');
  assertEnds(await box.plugin('verify'), 0);
});

test('a running daemon takes an added source up, and drops a removed one', async () => {
  await using box = new PluginBox();
  await box.daemon();
  assertEnds(await box.run(['wait', '--source', 'mine', '--timeout', '5s']), 2, /not installed/);
  await box.add(await box.tarball());
  assertEnds(await box.run(['wait', '--source', 'mine', '--timeout', '20s']), 0);
  assertEnds(await box.plugin('remove', 'waitbus-source-mine'), 0);
  assert.deepEqual(box.installed(), []);
  assertEnds(await box.run(['wait', '--source', 'mine', '--timeout', '5s']), 2, /not installed/);
});

test('a postinstall script never runs, and that there is one is shown', async () => {
  await using box = new PluginBox();
  const marker = join(box.directory, 'marker');
  const scripts = Object.fromEntries(
    ['preinstall', 'install', 'postinstall', 'prepare', 'prepack'].map((name) => [
      name,
      `touch ${marker}`,
    ]),
  );
  for (const [version, what] of [
    ['1.0.0', await box.tarball({ packageJson: { scripts } })],
    ['1.0.1', box.package({ version: '1.0.1', packageJson: { scripts } })],
  ] as const) {
    const { stderr } = await box.add(what);
    if (version === '1.0.0') assert.match(stderr, /it has some; they do not run/);
    assert.equal(existsSync(marker), false);
    assert.equal(box.pin().installScripts, 'declared');
  }
});

test('a git dependency is refused', async () => {
  await using box = new PluginBox();
  for (const [name, spec] of [
    ['git', 'git+https://example.invalid/x.git'],
    ['forge', 'someone/something'],
  ] as const) {
    const tarball = await box.tarball({ packageJson: { dependencies: { [name]: spec } } });
    const ended = await box.plugin('add', tarball, '--yes');
    assertEnds(ended, 76, /git/);
    assert.equal(existsSync(box.lockfile), false);
    assert.deepEqual(box.installed(), []);
  }
});

test('a dependency from a web address is refused', async () => {
  await using box = new PluginBox();
  const dependencies = { remote: 'https://127.0.0.1:9/x.tgz' };
  const ended = await box.plugin(
    'add',
    await box.tarball({ packageJson: { dependencies } }),
    '--yes',
  );
  assert.ok([69, 76].includes(ended.code ?? 0), ended.stderr);
  assert.equal(existsSync(box.lockfile), false);
});

for (const spec of [
  'git+https://example.invalid/x.git',
  'https://example.invalid/x.tgz',
  'github:a/b',
  'alias@npm:other@1',
  'npm:other',
  'name@',
  'UPPER CASE',
  '../nothing-there',
]) {
  test(`what is no package of the registry is refused before npm runs: ${spec}`, async () => {
    await using box = new PluginBox({ PATH: '/nonexistent' });
    assertEnds(await box.plugin('add', spec, '--yes'), 64);
  });
}

test('npm absent: said, with what to do', async () => {
  await using box = new PluginBox({ PATH: '/nonexistent' });
  assertEnds(
    await box.plugin('add', await box.tarball(), '--yes'),
    1,
    /npm.*not on PATH[^]*comes with Node/,
  );
});

test('the .npmrc of a project does not count', async () => {
  await using box = new PluginBox();
  writeFileSync(
    join(box.work, '.npmrc'),
    'ignore-scripts=false\nregistry=http://127.0.0.1:9/\nglobal=true\n',
  );
  writeFileSync(join(box.work, 'package.json'), '{"name":"project","workspaces":["*"]}');
  await box.add(await box.tarball());
  assertEnds(await box.plugin('verify'), 0);
});

test('a registry that does not answer is 69, and nothing was changed', async () => {
  await using box = new PluginBox({
    npm_config_offline: 'false',
    npm_config_registry: 'http://127.0.0.1:9/',
    npm_config_fetch_retries: '0',
  });
  assertEnds(
    await box.plugin('add', 'waitbus-source-nowhere', '--yes'),
    69,
    /REGISTRY_UNREACHABLE/,
  );
  assert.equal(existsSync(box.lockfile), false);
});

for (const [what, written, says] of [
  ['no manifest key', { packageJson: { 'waitbus.sources.v1': undefined } }, /declares no source/],
  [
    'another contract',
    { packageJson: { 'waitbus.sources.v1': undefined, 'waitbus.sources.v2': {} } },
    /contract waitbus\.sources\.v2; this waitbus knows waitbus\.sources\.v1/,
  ],
  [
    'a broken manifest',
    { packageJson: { 'waitbus.sources.v1': { mine: { activation: 'x' } } } },
    /activation/,
  ],
  [
    'a range without a major',
    { packageJson: { engines: { waitbus: '>=0.1' } } },
    /does not bound the major/,
  ],
  [
    'another waitbus',
    { packageJson: { engines: { waitbus: '^99.0.0' } } },
    /needs waitbus \^99\.0\.0, this is \d/,
  ],
  [
    'another Node',
    { packageJson: { engines: { waitbus: '^0.1.0', node: '>=99' } } },
    /needs Node >=99, this is v\d/,
  ],
  ['the name github', { source: 'github' }, /github is reserved/],
  ['the name kernel', { source: 'kernel' }, /kernel is reserved/],
] as const) {
  test(`a package with ${what} is refused with 78, and every reason`, async () => {
    await using box = new PluginBox();
    assertEnds(await box.plugin('add', await box.tarball(written), '--yes'), 78, says);
    assert.deepEqual(box.installed(), []);
  });
}

test('a name that another plugin has is refused, and the command that frees it works', async () => {
  await using box = new PluginBox();
  await box.add(await box.tarball());
  const other = await box.tarball({ name: 'waitbus-source-other' });
  const said = assertEnds(
    await box.plugin('add', other, '--yes'),
    78,
    /belongs to waitbus-source-mine/,
  );
  const [, command = ''] = /(waitbus plugin remove [\w-]+)/.exec(said) ?? [];
  assertEnds(await box.run(command.split(' ').slice(1)), 0);
  await box.add(other);
});

test('a tarball with an entry that leaves the package is refused, and nothing is written there', async () => {
  await using box = new PluginBox();
  const directory = box.package();
  writeFileSync(join(box.work, 'outside.js'), 'x');
  const file = join(box.work, 'evil.tgz');
  await create({ gzip: true, file, cwd: directory, preservePaths: true }, [
    'package.json',
    '../outside.js',
  ]);
  assertEnds(await box.plugin('add', file, '--yes'), 76, /leaves the package/);
});

test('installing a second plugin leaves the first as it was', async () => {
  await using box = new PluginBox();
  await box.add(await box.tarball());
  const before = box.pin();
  await box.add(
    await box.tarball({
      name: '@scope/waitbus-source-b',
      source: 'b',
      files: { 'index.js': TICKS('b') },
    }),
  );
  assert.deepEqual(box.pin(), before);
  assertEnds(await box.plugin('verify'), 0);
  assertEnds(await box.run(['wait', '--source', 'b', '--timeout', '20s']), 0);
  assertEnds(await box.run(['wait', '--source', 'mine', '--timeout', '20s']), 0);
});

test('two adds at once: both are pinned', async () => {
  await using box = new PluginBox();
  const names = ['a', 'b', 'c'];
  const tarballs = await Promise.all(
    names.map((source) => box.tarball({ name: `waitbus-source-${source}`, source })),
  );
  const ended = await Promise.all(tarballs.map((one) => box.plugin('add', one, '--yes')));
  for (const one of ended) assertEnds(one, 0);
  assert.deepEqual(
    Object.keys(box.lock.plugins),
    names.map((name) => `waitbus-source-${name}`),
  );
  assertEnds(await box.plugin('audit'), 0);
});

test('a directory that cannot be written: said with its name, and nothing half done', async () => {
  await using box = new PluginBox();
  mkdirSync(box.paths.stateDir, { recursive: true });
  writeFileSync(box.paths.plugins, 'a file in its place');
  assertEnds(
    await box.plugin('add', await box.tarball(), '--yes'),
    1,
    /cannot be written[^]*ls -ld/,
  );
  assert.equal(existsSync(box.lockfile), false);
});
