/** What is installed against its pin: any change is seen, says so everywhere, and can be put back. */
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import {
  appendFileSync,
  existsSync,
  mkdirSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { assertEnds, PluginBox } from './support.js';

/** A plugin that brings a dependency in its own tarball. */
const WITH_DEPENDENCY = {
  packageJson: { dependencies: { inner: '1.0.0' }, bundleDependencies: ['inner'] },
  files: {
    'node_modules/inner/package.json': '{"name":"inner","version":"1.0.0"}',
    'node_modules/inner/index.js': 'module.exports = 1;\n',
  },
};

const INNER = 'node_modules/inner/index.js';

for (const [what, tamper, says] of [
  [
    'one byte changed, with size and mtime restored',
    (at: string) => {
      const file = join(at, 'index.js');
      const { atime, mtime, size } = statSync(file);
      writeFileSync(file, readFileSync(file, 'utf8').replace('success', 'failure'));
      utimesSync(file, atime, mtime);
      assert.equal(statSync(file).size, size);
    },
    /its files differ/,
  ],
  ['a file added', (at: string) => writeFileSync(join(at, 'more.js'), ''), /its files differ/],
  ['a file removed', (at: string) => rmSync(join(at, 'index.js')), /its files differ/],
  [
    'a symlink added',
    (at: string) => symlinkSync('/etc/hostname', join(at, 'x')),
    /neither a file/,
  ],
  ['a FIFO added', (at: string) => void spawnSync('mkfifo', [join(at, 'x')]), /neither a file/],
  [
    'a dependency edited',
    (at: string) => appendFileSync(join(at, INNER), '//'),
    /inner differs from the pin/,
  ],
  [
    'an unlisted dependency',
    (at: string) => {
      mkdirSync(join(at, '..', 'extra'));
      writeFileSync(join(at, '..', 'extra', 'package.json'), '{"name":"extra"}');
    },
    /node_modules\/extra is there and not pinned/,
  ],
  [
    'a directory among the dependencies that is no package',
    (at: string) => mkdirSync(join(at, '..', 'extra')),
    /node_modules\/extra is no package/,
  ],
  [
    'a dependency removed',
    (at: string) => rmSync(join(at, 'node_modules'), { recursive: true }),
    /inner is pinned and not there/,
  ],
  [
    'the manifest changed',
    (at: string) => {
      const file = join(at, 'package.json');
      writeFileSync(file, readFileSync(file, 'utf8').replace('"tick"', '"tock"'));
    },
    /manifest differs/,
  ],
] as const) {
  test(`${what}: quarantined, said by every command, and put back by the one that is suggested`, async () => {
    await using box = new PluginBox();
    const tarball = await box.tarball(WITH_DEPENDENCY);
    await box.add(tarball);
    assertEnds(await box.plugin('audit'), 0);
    tamper(box.packageDirectory());
    const verified = await box.plugin('verify');
    assert.equal(verified.code, 76);
    assert.match(verified.stdout, says);
    assertEnds(await box.plugin('audit', '--ci'), 76, says);
    assert.match((await box.plugin('list')).stdout, says);
    const wait = await box.run(['wait', '--source', 'mine', '--timeout', '20s']);
    const said = assertEnds(wait, 2, /quarantined/);
    assert.match(said, says);
    assert.match(said, /waitbus plugin install --frozen/);
    // Pinned from a file: the command says that it is needed, and with it works.
    assertEnds(await box.plugin('install', '--frozen'), 66, /Give its tarball/);
    assertEnds(await box.plugin('install', '--frozen', tarball), 0);
    assertEnds(await box.plugin('verify'), 0);
    assertEnds(await box.run(['wait', '--source', 'mine', '--timeout', '20s']), 0);
  });
}

test('an optional dependency that is absent is no difference', async () => {
  await using box = new PluginBox();
  await box.add(await box.tarball(WITH_DEPENDENCY));
  box.rewrite((plugins) => {
    const pin = box.pin();
    const [[path, inner] = []] = Object.entries(pin.dependencies);
    assert.ok(path !== undefined && inner !== undefined);
    return {
      ...plugins,
      'waitbus-source-mine': { ...pin, dependencies: { [path]: { ...inner, optional: true } } },
    };
  });
  rmSync(join(box.packageDirectory(), 'node_modules'), { recursive: true });
  assert.equal((await box.plugin('verify')).code, 0);
});

test('a fresh machine with only the lock and the tarball, offline', async () => {
  await using first = new PluginBox();
  const tarball = await first.tarball(WITH_DEPENDENCY);
  await first.add(tarball);
  await using fresh = new PluginBox();
  writeFileSync(join(fresh.work, 'plugins.lock.json'), readFileSync(first.lockfile));
  assertEnds(await fresh.plugin('audit', '--ci'), 66, /pinned and not installed/);
  assertEnds(await fresh.plugin('install', '--frozen', tarball), 0);
  assertEnds(await fresh.plugin('audit', '--ci'), 0);
  const env = { WAITBUS_LOCKFILE: join(fresh.work, 'plugins.lock.json') };
  const wait = fresh.waitbus(['wait', '--source', 'mine', '--timeout', '20s'], { env });
  assertEnds(await wait.ended, 0);
  assert.equal(existsSync(fresh.lockfile), false);
});

test('what a repository pins is installed beside what the user has pinned, and removed without it', async () => {
  await using box = new PluginBox();
  await box.add(await box.tarball());
  await using other = new PluginBox();
  const newer = await other.tarball({ version: '1.1.0' });
  await other.add(newer);
  const committed = join(box.work, 'plugins.lock.json');
  writeFileSync(committed, readFileSync(other.lockfile));
  assertEnds(await box.plugin('install', '--frozen', newer), 0);
  assertEnds(await box.plugin('audit', '--ci'), 0);
  assert.equal((await box.plugin('verify')).code, 0);
  assertEnds(await box.plugin('remove', 'waitbus-source-mine', '--lockfile', committed), 0);
  assert.equal((await box.plugin('verify')).code, 0);
  assertEnds(await box.run(['wait', '--source', 'mine', '--timeout', '20s']), 0);
});

test('another tarball than the pinned one is not taken, whatever its name', async () => {
  await using box = new PluginBox();
  await box.add(await box.tarball());
  rmSync(box.packageDirectory(), { recursive: true });
  const other = await box.tarball({ files: { 'index.js': '// other' } });
  assertEnds(await box.plugin('install', '--frozen', other), 66);
  assert.equal((await box.plugin('verify')).code, 76);
});

test('a lock that cannot be read: who waits on a source of it is told, the others run', async () => {
  await using box = new PluginBox();
  await box.add(await box.tarball());
  writeFileSync(box.lockfile, '{');
  const said = assertEnds(await box.run(['wait', '--source', 'mine', '--timeout', '5s']), 2);
  assert.match(said, /mine is not installed; .*pinned in .*plugins\.lock\.json: /);
  assert.match(said, /Restore the file/);
  assertEnds(await box.run(['wait', '--source', 'agent', '--timeout', '0']), 124);
});
