/**
 * The built-in sources are nothing special: a copy of fs under another name is published, added as a
 * third party's would be, and does what fs does.
 */
import assert from 'node:assert/strict';
import { cpSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { armedWait, assertExit } from '../cli/verbs.js';
import { Registry } from '../support/registry.js';
import { REPO, Sandbox } from '../support/sandbox.js';

const NAME = 'waitbus-source-copied';

/** The package of fs as it is published, with another name for it and for its source. */
function copyOfFs(box: Sandbox): string {
  const directory = join(box.directory, 'copy');
  mkdirSync(directory);
  const fs = join(REPO, 'plugins', 'fs');
  for (const part of ['dist', 'README.md', 'CHANGELOG.md']) {
    cpSync(join(fs, part), join(directory, part), { recursive: true });
  }
  const text = readFileSync(join(fs, 'package.json'), 'utf8');
  const { 'waitbus.sources.v1': manifest, ...members } = JSON.parse(text) as Record<string, object>;
  const { fs: source } = manifest as { fs: object };
  const copy = { ...members, name: NAME, 'waitbus.sources.v1': { copied: source } };
  writeFileSync(join(directory, 'package.json'), JSON.stringify(copy, null, 2));
  const entry = join(directory, 'dist', 'index.js');
  const code = readFileSync(entry, 'utf8');
  assert.match(code, /^ {2}name: "fs",$/m);
  writeFileSync(entry, code.replace(/^ {2}name: "fs",$/m, '  name: "copied",'));
  return directory;
}

test('a copy of fs under another name is added like any other, and wakes a wait', async () => {
  await using registry = await Registry.start();
  await using box = new Sandbox();
  registry.useFrom(join(box.directory, 'home'));
  await registry.publish(join(REPO, 'plugin-sdk'));
  await registry.publish(copyOfFs(box));
  assertExit(await box.run(['plugin', 'add', NAME, '--yes']), 0);
  const saved = join(box.work, 'saved.txt');
  for (const source of ['copied', 'fs']) {
    const match = `fields.path="${saved}"`;
    const wait = await armedWait(box, '--source', source, '--match', match, '--timeout', '60s');
    writeFileSync(saved, source);
    assertExit(await wait.ended, 0);
  }
  assertExit(await box.run(['plugin', 'verify', NAME]), 0);
  // Its optional dependencies for other platforms are pinned without their bytes.
  const lock = readFileSync(join(box.paths.configDir, 'plugins.lock.json'), 'utf8');
  assert.match(lock, /"content": null/);
});
