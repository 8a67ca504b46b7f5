/** A third party whose published bytes change under one number: what was agreed to stays. */
import assert from 'node:assert/strict';
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { assertExit } from '../cli/verbs.js';
import { Registry } from '../support/registry.js';
import { Sandbox } from '../support/sandbox.js';
import { WatchApi } from '../support/watch-api.js';
import { giveKubeconfig, homeOf, lockText, NAME, release, wakes } from './k8s-releases.js';

test('other bytes under the number that is pinned are refused, and what is installed runs on', async () => {
  await using registry = await Registry.start();
  await using api = await WatchApi.start();
  await using box = new Sandbox();
  registry.useFrom(homeOf(box));
  giveKubeconfig(box, api);
  const directory = release(box, '1.2.0');
  await registry.publish(directory);
  assertExit(await box.run(['plugin', 'add', NAME, '--yes']), 0);
  assertExit(await box.run(['plugin', 'audit', '--online']), 0);
  const lock = lockText(box);

  writeFileSync(join(directory, 'src', 'backoff.js'), 'export const backoff = () => 0;\n');
  await registry.replace(directory);
  const refused = await box.run(['plugin', 'update', NAME, '--yes']);
  assertExit(refused, 76);
  assert.match(refused.stderr, /1\.2\.0/);
  assert.equal(lockText(box), lock);
  await wakes(box, api, 'first');
  assertExit(await box.run(['plugin', 'audit', '--online']), 76);

  await using fresh = new Sandbox();
  registry.useFrom(homeOf(fresh));
  mkdirSync(fresh.paths.configDir, { recursive: true });
  writeFileSync(join(fresh.paths.configDir, 'plugins.lock.json'), lock);
  assertExit(await fresh.run(['plugin', 'install', '--frozen']), 76);

  // A registry that is out of reach is never a pass, though npm has its answers in a cache.
  await registry.stop();
  assertExit(await box.run(['plugin', 'audit', '--online']), 69);
  assertExit(await box.run(['plugin', 'audit']), 0);
  await wakes(box, api, 'second');
});
