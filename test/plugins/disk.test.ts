/** `waitbus plugin` on disks that cannot be written or have no room: nothing half done, and it says why. */
import assert from 'node:assert/strict';
import { mkdirSync, readFileSync } from 'node:fs';
import { test, type TestContext } from 'node:test';
import { Disk } from '../support/disk.js';
import { assertEnds, PluginBox } from './support.js';

function skipWithout(t: TestContext, disk: Disk): boolean {
  if (disk.missing !== null) t.skip(`no disk of its own: ${disk.missing}`);
  return disk.missing !== null;
}

test('a read-only directory: the lock, or the packages; what was pinned stays and runs', async (t) => {
  using disk = Disk.tmpfs('16m');
  if (skipWithout(t, disk)) return;
  for (const [variable, directory] of [
    ['WAITBUS_CONFIG_DIR', disk.path('config')],
    ['WAITBUS_STATE_DIR', disk.path('state')],
  ] as const) {
    disk.remount('rw');
    mkdirSync(directory);
    await using box = new PluginBox({ [variable]: directory });
    await box.add(await box.tarball());
    const next = await box.tarball({ version: '1.0.1' });
    disk.remount('ro');
    assertEnds(await box.plugin('add', next, '--yes'), 1, /cannot be written[^]*ls -ld/);
    assert.equal(box.pin().version, '1.0.0');
    assert.match((await box.plugin('verify')).stdout, /^ok +waitbus-source-mine 1\.0\.0$/m);
    disk.remount('rw');
    await box.add(next);
    assertEnds(await box.plugin('audit', '--ci'), 0);
  }
});

test('a full disk: the old pin stays, and there is room again once it is free', async (t) => {
  using disk = Disk.tmpfs('16m');
  if (skipWithout(t, disk)) return;
  await using box = new PluginBox({ WAITBUS_STATE_DIR: disk.path('state') });
  await box.add(await box.tarball());
  const lock = readFileSync(box.lockfile, 'utf8');
  const files = { 'large.bin': 'x'.repeat(4 * 1024 * 1024) };
  const next = await box.tarball({ version: '1.0.1', files });
  const free = disk.fill();
  const ended = await box.plugin('add', next, '--yes');
  assert.notEqual(ended.code, 0);
  assert.match(ended.stderr, /no space left|ENOSPC|cannot be written/i);
  assert.equal(readFileSync(box.lockfile, 'utf8'), lock);
  assert.match((await box.plugin('verify')).stdout, /^ok +waitbus-source-mine 1\.0\.0$/m);
  free();
  await box.add(next);
  assertEnds(await box.plugin('audit', '--ci'), 0);
});
