/**
 * A real third party from end to end: the example source k8s is published to a real registry, added,
 * wakes a wait when a pod fails, and asks again when it wants more.
 */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { assertExit } from '../cli/verbs.js';
import { Registry } from '../support/registry.js';
import { Sandbox } from '../support/sandbox.js';
import { WatchApi } from '../support/watch-api.js';
import {
  armed,
  FAILURE,
  giveKubeconfig,
  homeOf,
  listed,
  NAME,
  pinnedVersion,
  release,
  wakes,
  wakesFor,
} from './k8s-releases.js';

test('published, added, woken; an update that wants more asks', async () => {
  await using registry = await Registry.start();
  await using api = await WatchApi.start();
  await using box = new Sandbox();
  registry.useFrom(homeOf(box));
  await registry.publish(release(box, '1.0.0'));
  assertExit(await box.run(['plugin', 'add', NAME, '--yes']), 0);
  assert.equal(pinnedVersion(box), '1.0.0');

  const told = await box.run(['wait', ...FAILURE, '--timeout', '120s']);
  assertExit(told, 2);
  assert.match(told.stderr, /there is no kubeconfig that this source can read/);
  giveKubeconfig(box, api);
  assertExit(await box.run(['plugin', 'restart', 'k8s']), 0);
  await wakes(box, api, 'first');

  await registry.publish(release(box, '1.1.0', ['~/.minikube']));
  const wait = await armed(box);
  const before = await listed(box);
  assert.equal(before.state, 'running');
  const asked = await box.run(['plugin', 'update', NAME]);
  assertExit(asked, 77);
  assert.match(asked.stderr, /~\/\.minikube/);
  assert.deepEqual(await listed(box), before, 'the old one keeps running');
  assert.equal(pinnedVersion(box), '1.0.0');
  await wakesFor(wait, api, 'second');

  assertExit(await box.run(['plugin', 'update', NAME, '--yes']), 0);
  assert.equal(pinnedVersion(box), '1.1.0');
  await wakes(box, api, 'third');
  assert.equal((await listed(box)).version, '1.1.0');
});
