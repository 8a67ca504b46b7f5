/** What is said anew while a wait goes on: rules that change, and a directory that goes. */
import assert from 'node:assert/strict';
import { join } from 'node:path';
import { test, type TestContext } from 'node:test';
import type { Waiter } from '@waitbus/plugin-sdk';
import { is, sh, startSource, temporaryDirectory, type Running } from './harness.js';

interface Scene {
  readonly base: string;
  readonly root: string;
  readonly running: Running;
  readonly codes: () => Promise<readonly string[]>;
}

async function scene(t: TestContext, prepare: string): Promise<Scene> {
  const base = temporaryDirectory(t);
  await sh(`mkdir root; cd root; ${prepare}`, base);
  const root = join(base, 'root');
  const path = join(root, 'out.bin');
  const anyOf = [[{ key: 'fields.path', op: '=' as const, value: path }]];
  const waiter: Waiter = { id: 1, cwd: root, env: null, filters: [], anyOf };
  const running = await startSource(t, [root]);
  running.setWaiters(waiter);
  const codes = async (): Promise<readonly string[]> =>
    (await running.check(waiter)).map(({ code, level }) => `${code} ${level}`);
  return { base, root, running, codes };
}

test('what a .gitignore leaves out is said no more once the file is empty', async (t) => {
  const { root, running, codes } = await scene(t, 'echo "*.bin" > .gitignore');
  assert.deepEqual(await codes(), ['ignored_path warning']);
  await running.recheckedBy(() => sh(': > .gitignore', root));
  assert.deepEqual(await codes(), []);
});

test('a .gitignore that is saved during a wait is said, wherever it lies', async (t) => {
  const { base, root, running, codes } = await scene(t, 'git init -q ..');
  assert.deepEqual(await codes(), []);
  await running.recheckedBy(() => sh('echo "*.bin" > .gitignore', root));
  assert.deepEqual(await codes(), ['ignored_path warning']);
  await running.recheckedBy(() => sh('rm .gitignore', root));
  assert.deepEqual(await codes(), []);
  await running.recheckedBy(() => sh('echo "*.bin" > .gitignore', base));
  assert.deepEqual(await codes(), ['ignored_path warning']);
});

test('a directory that is removed during its wait is said, and when it is back', async (t) => {
  const { base, root, running, codes } = await scene(t, 'true');
  assert.deepEqual(await codes(), []);
  await running.recheckedBy(() => sh('rm -rf root', base));
  assert.deepEqual(await codes(), ['directory_gone warning']);
  await running.recheckedBy(() => sh('mkdir root; echo > root/out.bin', base));
  assert.deepEqual(await codes(), []);
  await running.waitFor(is('fs_change', join(root, 'out.bin')), 'save in the new directory');
});

test('a directory within another watched one is said to be gone, and back', async (t) => {
  const { base, root, running, codes } = await scene(t, 'true');
  await running.setRoots(base, root);
  await running.recheckedBy(() => sh('rm -rf root', base));
  assert.deepEqual(await codes(), ['directory_gone warning']);
  await running.recheckedBy(() => sh('mkdir root', base));
  assert.deepEqual(await codes(), []);
});

test('no wait is looked at again for saves that change no rules', async (t) => {
  const { root, running } = await scene(t, 'true');
  let again = false;
  const rechecked = running.recheckedBy(async () => undefined).then(() => (again = true));
  await sh('echo > a; mkdir b; echo > b/c; rm a', root);
  await running.storyUntilMarker(root);
  assert.equal(again, false);
  await sh('echo > .gitignore', root);
  await rechecked;
});
