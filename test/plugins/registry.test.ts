/** The registry that the tests of plugins use is a real one, and does what they need of it. */
import assert from 'node:assert/strict';
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { assertExit } from '../cli/verbs.js';
import { Registry } from '../support/registry.js';
import { REPO, Sandbox } from '../support/sandbox.js';

function write(box: Sandbox, version: string, code: string): string {
  const directory = join(box.directory, 'package');
  mkdirSync(directory, { recursive: true });
  const manifest = { name: 'waitbus-source-something', version, main: './index.js' };
  writeFileSync(join(directory, 'package.json'), JSON.stringify(manifest));
  writeFileSync(join(directory, 'index.js'), code);
  return directory;
}

test('what is published is served, replaced under its number, withdrawn, and out of reach once stopped', async () => {
  await using registry = await Registry.start();
  await using box = new Sandbox();
  registry.useFrom(join(box.directory, 'home'));
  const view = (...what: readonly string[]) =>
    box.start('npm', ['view', '--prefer-online', ...what]).ended;
  const integrity = async () => {
    const seen = await view('waitbus-source-something@1.0.0', 'dist.integrity');
    assertExit(seen, 0);
    return seen.stdout.trim();
  };
  await registry.publish(write(box, '1.0.0', 'module.exports = 1;'));
  const before = await integrity();
  assert.match(before, /^sha512-/);
  await registry.replace(write(box, '1.0.0', 'module.exports = 2;'));
  assert.notEqual(await integrity(), before);
  await registry.publish(write(box, '1.1.0', 'module.exports = 2;'));
  await registry.replace(write(box, '1.1.0', 'module.exports = 3;'));
  await registry.unpublish('waitbus-source-something', '1.1.0');
  assert.equal(
    (await view('waitbus-source-something', 'versions', '--json')).stdout.trim(),
    '[\n  "1.0.0"\n]',
  );
  await registry.stop();
  // Asked for a package npm would answer from its cache.
  assert.notEqual((await box.start('npm', ['ping']).ended).code, 0);
});

test('packages of the workspace can be published, and others come from where npm has them', async () => {
  await using registry = await Registry.start();
  await using box = new Sandbox();
  registry.useFrom(join(box.directory, 'home'));
  await registry.publish(join(REPO, 'plugin-sdk'));
  const install = ['install', '--no-audit', '--no-fund', '@waitbus/plugin-sdk'];
  assertExit(await box.start('npm', install).ended, 0);
  const use = `import('@waitbus/plugin-sdk').then((sdk) => console.log(typeof sdk.defineSource))`;
  const { stdout } = await box.start(process.execPath, ['-e', use]).ended;
  assert.equal(stdout.trim(), 'function');
});
