/** What is called enforced of our own sources is what the probes beside this file show, here. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { confinement } from '@waitbus/kernel/confine';
import { Sandbox } from '../support/sandbox.js';

interface Listed {
  readonly held_by: { readonly node: string; readonly landlock_abi: number | null };
  readonly plugins: readonly { readonly source: string; readonly enforced: readonly string[] }[];
}

const abi = confinement()?.abi ?? null;

test('what is listed as enforced says by what, and is empty beside a way around it', async () => {
  await using box = new Sandbox();
  const { stdout } = await box.run(['plugin', 'list', '--json']);
  const { held_by: by, plugins } = JSON.parse(stdout) as Listed;
  assert.deepEqual(by, { node: process.versions.node, landlock_abi: abi });
  const enforced = Object.fromEntries(plugins.map((one) => [one.source, one.enforced]));
  // The engine's socket, and gh with the keyring's: who is asked there has rights of its own.
  assert.deepEqual(enforced['docker'], []);
  assert.deepEqual(enforced['github'], []);
  // Loads native code, reads everything, has no network and starts nothing.
  assert.deepEqual(enforced['fs'], abi === null ? [] : ['childProcess', 'fsWrite', 'net']);
  const files = ['childProcess', 'env', 'fsRead', 'fsWrite', 'nativeAddon'];
  assert.deepEqual(enforced['alertmanager'], files);
  const table = await box.run(['plugin', 'list']);
  const last = table.stdout.trim().split('\n').at(-1) ?? '';
  if (abi === null) assert.match(last, /^held by Node \S+ alone: the kernel offers no Landlock/);
  else
    assert.equal(last, `held by the kernel (Landlock ABI ${abi}, seccomp) and by Node ${by.node}`);
});
