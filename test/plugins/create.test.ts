/** The scaffold: what it refuses, and that what it writes builds, passes its tests and conforms. */
import assert from 'node:assert/strict';
import { existsSync, mkdirSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { problemOfName, RESERVED_NAMES, SOURCE_NAME } from 'create-waitbus-source';
import { checkConformance, CHECK_IDS } from '@waitbus/plugin-sdk/conformance';
import * as envelope from '@waitbus/plugin-sdk/envelope';
import { readManifest } from '@waitbus/plugin-sdk/manifest/check';
import { isReserved } from '../../cli/src/plugins/reserved.js';
import { REPO, Sandbox, WAITBUS } from '../support/sandbox.js';
import { Scaffold } from '../support/scaffold.js';

const CREATE = join(REPO, 'plugin-sdk', 'create', 'dist', 'main.js');

test('its rule for names is the one of the manifest, its reserved names those of waitbus', () => {
  assert.equal(SOURCE_NAME.source, envelope.SOURCE_NAME.source);
  for (const name of RESERVED_NAMES) assert.ok(isReserved(name), name);
  for (const name of readdirSync(join(REPO, 'plugins'))) assert.ok(RESERVED_NAMES.includes(name));
  for (const name of ['waitbus', 'kernel', 'system', 'github', 'docker', 'alertmanager']) {
    assert.match(problemOfName(name) ?? '', /is reserved for waitbus itself/);
  }
});

test('an impossible name, a directory that is not empty and a file are refused, with the reason', async () => {
  await using box = new Sandbox();
  const full = join(box.work, 'full');
  mkdirSync(full);
  writeFileSync(join(full, 'mine'), 'mine');
  for (const [args, says] of [
    [['Redis'], /"Redis" is no name for a source: it begins with a small letter/],
    [['a'.repeat(33)], /at most 32/],
    [['../x'], /is no name for a source/],
    [['fs'], /the name fs is reserved for waitbus itself/],
    [['waitbus-source-github'], /the name github is reserved/],
    [['redis', full], /full is not empty; nothing was written/],
    [['redis', join(full, 'mine')], /mine is there and is not a directory/],
    [[], /it needs the name of the source/],
    [['redis', 'a', 'b'], /a name and a directory, not b/],
    [['redis', '--ts'], /--ts/],
  ] as const) {
    const { code, stderr } = await box.run(['plugin', 'new', ...args]);
    assert.equal(code, 64, stderr);
    assert.match(stderr, says);
    const created = await box.start(process.execPath, [CREATE, ...args]).ended;
    assert.equal(created.code, 2);
    assert.match(created.stderr, says);
  }
  assert.deepEqual(readdirSync(full), ['mine']);
  assert.deepEqual(readdirSync(box.work), ['full']);
});

for (const flags of [[], ['--js']] as const) {
  test(`npm create waitbus-source and waitbus plugin new write the same${flags.join('')}`, async () => {
    await using box = new Sandbox();
    const { code, stdout } = await box.run(['plugin', 'new', 'redis', 'one', ...flags]);
    assert.equal(code, 0);
    assert.match(stdout, /^ {2}cd one$/m);
    const other = ['waitbus-source-redis', 'two', ...flags];
    assert.equal((await box.start(process.execPath, [CREATE, ...other]).ended).code, 0);
    const read = (directory: string) =>
      (readdirSync(join(box.work, directory), { recursive: true }) as string[])
        .filter((path) => statSync(join(box.work, directory, path)).isFile())
        .sort()
        .map((path) => [path, readFileSync(join(box.work, directory, path), 'utf8')]);
    assert.deepEqual(read('one'), read('two'));
    for (const [path, text] of read('one')) assert.doesNotMatch(text ?? '', /\{\{[A-Z]/, path);
    const file = join(box.work, 'one', 'package.json');
    const manifest = readManifest(readFileSync(file, 'utf8'), file);
    assert.equal(manifest.packageName, 'waitbus-source-redis');
    assert.deepEqual(Object.keys(manifest.sources), ['redis']);
  });
}

test('the workflow that publishes is the one that the docs show', () => {
  const file = join('templates', 'common', '_github', 'workflows', 'publish.yml.template');
  const workflow = readFileSync(join(REPO, 'plugin-sdk', 'create', file), 'utf8');
  const page = readFileSync(join(REPO, 'docs', 'writing-a-source.md'), 'utf8');
  assert.ok(page.includes(`\`\`\`yaml\n${workflow}\`\`\``));
});

test('a scaffold in TypeScript builds, passes its tests and conforms', async () => {
  await using box = new Sandbox();
  const scaffold = await Scaffold.create(box, 'redis');
  for (const script of ['build', 'test']) {
    const { code, stdout, stderr } = await scaffold.npm(script);
    assert.equal(code, 0, stdout + stderr);
  }
  assert.ok(existsSync(join(scaffold.directory, 'dist', 'index.js')));
  const { directory } = scaffold;
  // It has a dependency, which to install takes a registry; the one without is installed below.
  const only = CHECK_IDS.filter((id) => id !== 'install');
  const { ok, checks } = await checkConformance({ directory, only });
  assert.ok(ok, JSON.stringify(checks, null, 2));
});

test('a scaffold in one file of JavaScript needs no build, passes its test and conforms', async () => {
  await using box = new Sandbox();
  const scaffold = await Scaffold.create(box, 'redis', '--js');
  const { directory } = scaffold;
  const { dependencies } = JSON.parse(
    readFileSync(join(directory, 'package.json'), 'utf8'),
  ) as Record<string, unknown>;
  assert.equal(dependencies, undefined);
  const tested = await scaffold.npm('test');
  assert.equal(tested.code, 0, tested.stdout + tested.stderr);
  const { ok, checks } = await checkConformance({ directory, waitbus: WAITBUS });
  assert.ok(ok, JSON.stringify(checks, null, 2));
});
