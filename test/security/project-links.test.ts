/** A project comes with links where harnesses keep their settings: what they lead to stays as it is. */
import assert from 'node:assert/strict';
import { mkdirSync, readFileSync, renameSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { InstallBox } from '../install/install-box.js';
import { Sandbox } from '../support/sandbox.js';

const OUT = /leads out of the project/;

test('install --project through a link to the settings of the user is refused', async () => {
  await using sandbox = new Sandbox();
  const box = new InstallBox(sandbox);
  const settings = box.write('home/.claude/settings.json', '{}\n');
  mkdirSync(join(box.project, '.claude'));
  symlinkSync(settings, join(box.project, '.claude', 'settings.json'));
  await box.refused(1, OUT, 'install', 'claude', '--project');
});

test('nor through a directory that is a link, whether or not the file is there yet', async () => {
  await using sandbox = new Sandbox();
  const box = new InstallBox(sandbox);
  mkdirSync(join(box.home, 'elsewhere', '.git'), { recursive: true });
  symlinkSync(join(box.home, 'elsewhere'), join(box.project, '.claude'));
  await box.refused(1, OUT, 'install', 'claude', '--project');
});

test('a link that stays within the project is followed', async () => {
  await using sandbox = new Sandbox();
  const box = new InstallBox(sandbox);
  mkdirSync(join(box.project, 'settings'));
  symlinkSync(join(box.project, 'settings'), join(box.project, '.claude'));
  await box.ok('install', 'claude', '--project');
});

test('uninstall, too, leaves what a link leads to that was put there since', async () => {
  await using sandbox = new Sandbox();
  const box = new InstallBox(sandbox);
  await box.ok('install', 'claude', '--project');
  const aside = join(box.home, 'aside');
  renameSync(join(box.project, '.claude'), aside);
  symlinkSync(aside, join(box.project, '.claude'));
  const file = join(aside, 'settings.json');
  const text = readFileSync(file, 'utf8');
  for (const args of [['claude', '--project'], ['--all']]) {
    const { stderr } = await sandbox.run(['uninstall', ...args]);
    assert.match(stderr, OUT);
    assert.equal(readFileSync(file, 'utf8'), text);
  }
  writeFileSync(file, text);
});
