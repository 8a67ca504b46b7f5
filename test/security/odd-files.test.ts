/** A pipe, a device or a huge file lies where a lock or settings are read: refused at once, unread. */
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { mkdirSync, rmSync, symlinkSync, truncateSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { test } from 'node:test';
import { InstallBox } from '../install/install-box.js';
import { PluginBox } from '../plugins/support.js';
import { Sandbox } from '../support/sandbox.js';

function pipeAt(file: string): void {
  mkdirSync(dirname(file), { recursive: true });
  assert.equal(spawnSync('mkfifo', [file]).status, 0);
}

/** Takes no room on the disk. */
function hugeAt(file: string): void {
  mkdirSync(dirname(file), { recursive: true });
  writeFileSync(file, '');
  truncateSync(file, 1024 ** 4);
}

const ODD: readonly [string, (file: string) => void, RegExp][] = [
  ['pipe', pipeAt, /no regular file/],
  ['device', (file) => symlinkSync('/dev/zero', file), /no regular file/],
  ['huge file', hugeAt, /larger than/],
];

for (const [what, put, says] of ODD) {
  test(`a ${what} in place of a lock is refused by every command that reads it`, async () => {
    await using box = new PluginBox();
    mkdirSync(dirname(box.lockfile), { recursive: true });
    put(box.lockfile);
    for (const args of [['verify'], ['install', '--frozen'], ['lock'], ['audit', '--ci']]) {
      const { code, stdout, stderr } = await box.plugin(...args);
      assert.equal(code, 65, `${args.join(' ')}: ${stderr}`);
      assert.match(stdout + stderr, says);
    }
    // The daemon starts without it.
    const { code, stderr } = await box.run([
      'emit',
      '--source',
      'agent',
      '--event-type',
      'agent_finished',
    ]);
    assert.equal(code, 0, stderr);
  });

  test(`a ${what} in place of a project's or a user's settings is refused, nothing is changed`, async () => {
    await using sandbox = new Sandbox();
    const box = new InstallBox(sandbox);
    const file = join(box.project, '.claude', 'settings.json');
    mkdirSync(dirname(file));
    put(file);
    const { code, stderr } = await sandbox.run(['install', 'claude', '--project']);
    assert.notEqual(code, 0);
    assert.match(stderr, /no regular file|not a file|larger than|leads out of the project/);
    rmSync(file);
    await box.ok('install', 'claude', '--project');
  });
}

test('a pipe in place of an installed package.json holds nobody up', async () => {
  await using box = new PluginBox();
  await box.add(await box.tarball());
  const file = join(box.packageDirectory(), 'package.json');
  rmSync(file);
  pipeAt(file);
  assert.equal((await box.plugin('verify')).code, 76);
  const { code, stderr } = await box.run(['wait', '--source', 'mine', '--timeout', '5s']);
  assert.equal(code, 2);
  assert.match(stderr, /no regular file/);
});

test('a pipe in place of a tarball is refused at once', async () => {
  await using box = new PluginBox();
  const file = join(box.work, 'a.tgz');
  pipeAt(file);
  const { code, stderr } = await box.plugin('add', './a.tgz', '--yes');
  assert.equal(code, 76);
  assert.match(stderr, /no regular file/);
});
