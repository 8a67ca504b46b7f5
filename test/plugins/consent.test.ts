/** What is agreed to, asked again, or refused when a package comes anew. */
import assert from 'node:assert/strict';
import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { test } from 'node:test';
import { WAITBUS, type Ended } from '../support/sandbox.js';
import { assertEnds, PluginBox } from './support.js';

const AT_TERMINAL = fileURLToPath(new URL('../fixtures/answer_at_terminal.py', import.meta.url));

/** Runs `waitbus plugin` at a terminal and answers its question. */
function answer(box: PluginBox, word: string, ...args: readonly string[]): Promise<Ended> {
  return box.start('python3', [AT_TERMINAL, word, process.execPath, WAITBUS, 'plugin', ...args])
    .ended;
}

test('first use without a terminal and without --yes is 77, and nothing is kept', async () => {
  await using box = new PluginBox();
  assertEnds(await box.plugin('add', await box.tarball()), 77, /nobody can be asked[^]*--yes/);
  assert.equal(existsSync(box.lockfile), false);
  assert.deepEqual(box.installed(), []);
});

for (const [word, code] of [
  ['y', 0],
  ['YES', 0],
  ['n', 77],
  ['', 77],
  ['eof', 77],
] as const) {
  test(`at a terminal ${JSON.stringify(word)} is ${code === 0 ? 'a yes' : 'a no'}`, async () => {
    await using box = new PluginBox();
    const ended = await answer(box, word, 'add', await box.tarball());
    assert.equal(ended.code, code, ended.stdout);
    assert.match(ended.stdout, /Pin waitbus-source-mine and let it run\? \[y\/N\]/);
    assert.equal(existsSync(box.lockfile), code === 0);
  });
}

test('capabilities widened: asked again; declined, the old one stays and runs', async () => {
  await using box = new PluginBox();
  await box.add(await box.tarball({ capabilities: { env: ['A'] } }));
  const wider = await box.tarball({
    version: '1.1.0',
    capabilities: { env: ['A', 'B'], net: ['*'] },
  });
  assertEnds(await box.plugin('add', wider), 77, /wants more env: B/);
  const ended = await answer(box, 'n', 'add', wider);
  assert.equal(ended.code, 77);
  assert.match(
    ended.stdout,
    /asks for more than was agreed to:\s+wants more net: \*\s+wants more env: B/,
  );
  assert.equal(box.pin().version, '1.0.0');
  assertEnds(await box.run(['wait', '--source', 'mine', '--timeout', '20s']), 0);
  await box.add(wider);
  assert.equal(box.pin().version, '1.1.0');
  assertEnds(await box.plugin('verify'), 0);
});

test('capabilities narrowed or in another order: no question', async () => {
  await using box = new PluginBox();
  await box.add(await box.tarball({ capabilities: { env: ['A', 'B'], net: ['*'] } }));
  const reordered = await box.tarball({
    version: '1.0.1',
    capabilities: { net: ['*'], env: ['B', 'A'] },
  });
  assertEnds(await box.plugin('add', reordered), 0, /version: 1\.0\.0 -> 1\.0\.1/);
  const narrowed = await box.tarball({ version: '1.0.2', capabilities: { env: ['A'] } });
  const said = assertEnds(await box.plugin('add', narrowed), 0, /net: \* -> none/);
  assert.match(said, /env: A, B -> A/);
  assert.deepEqual(box.pin().capabilities.env, ['A']);
});

test('another source name, install scripts, native code: each is asked about', async () => {
  await using box = new PluginBox();
  await box.add(await box.tarball());
  const entry = { entry: './index.js', activation: 'on-demand', eventTypes: ['tick'] };
  for (const [written, says] of [
    [
      { packageJson: { 'waitbus.sources.v1': { mine: entry, more: entry } } },
      /declares another source: more/,
    ],
    [{ packageJson: { scripts: { postinstall: 'true' } } }, /has install scripts/],
    [{ capabilities: { nativeAddon: true } }, /wants to load native code/],
  ] as const) {
    const next = await box.tarball({ ...written, version: '1.1.0' });
    assertEnds(await box.plugin('add', next), 77, says);
  }
  assert.equal(box.pin().version, '1.0.0');
});

test('the same version with other bytes is refused with 76, whatever is agreed to', async () => {
  await using box = new PluginBox();
  await box.add(await box.tarball());
  const other = await box.tarball({ files: { 'index.js': '// other bytes' } });
  for (const args of [
    ['add', other, '--yes'],
    ['trust', '--replace-publisher', other, '--yes'],
  ]) {
    assertEnds(
      await box.plugin(...args),
      76,
      /version 1\.0\.0 is pinned with other bytes \(content, integrity\)/,
    );
  }
  assertEnds(await box.plugin('verify'), 0);
});

test('--frozen changes no pin: 77 for a first use and for a change, 0 for what is pinned', async () => {
  await using box = new PluginBox();
  const one = await box.tarball();
  assertEnds(await box.plugin('add', one, '--frozen', '--yes'), 77, /--frozen changes nothing/);
  assert.equal(existsSync(box.lockfile), false);
  await box.add(one);
  assertEnds(await box.plugin('add', one, '--frozen'), 0, /installed as it is pinned/);
  const two = await box.tarball({ version: '1.0.1' });
  const said = assertEnds(
    await box.plugin('add', two, '--frozen', '--yes'),
    77,
    /1\.0\.0 is pinned/,
  );
  assert.match(said, /version: 1\.0\.0 -> 1\.0\.1/);
  assert.equal(box.pin().version, '1.0.0');
});

test('weaker evidence is refused with 76; trust replaces it, after showing both', async () => {
  await using box = new PluginBox();
  await box.add(await box.tarball());
  // As if 1.0.0 had come from the registry.
  box.rewrite((plugins) => ({
    ...plugins,
    'waitbus-source-mine': { ...box.pin(), evidence: 'registry', origin: 'registry' },
  }));
  const next = await box.tarball({ version: '1.0.1' });
  const said = assertEnds(
    await box.plugin('add', next, '--yes'),
    76,
    /evidence is local, pinned with registry/,
  );
  assert.match(said, /waitbus plugin trust --replace-publisher waitbus-source-mine@1\.0\.1/);
  const trust = ['trust', '--replace-publisher', next];
  assertEnds(await box.plugin(...trust), 77, /evidence is local, pinned with registry/);
  assertEnds(await box.plugin(...trust, '--yes'), 0, /evidence: registry -> local/);
  assert.equal(box.pin().evidence, 'local');
});
