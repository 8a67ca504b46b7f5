/** `waitbus secret` list, rm and usage, and what a daemon is told when a secret changes. */
import assert from 'node:assert/strict';
import { existsSync } from 'node:fs';
import { test } from 'node:test';
import { openKernel } from '../../kernel/src/kernel.js';
import { SILENT } from '../support/kernel.js';
import { Sandbox } from '../support/sandbox.js';
import { assertEnd, kept, NAME, VALUE } from './kept-secrets.js';

test('list tells names and sources, nothing of the values; rm forgets one', async () => {
  await using box = new Sandbox();
  assert.equal((await box.run(['secret', 'list'])).stderr, 'there are no secrets\n');
  assert.equal((await box.run(['secret', 'list', '--json'])).stdout, '{"secrets":[]}\n');
  await box.run(['secret', 'set', NAME], VALUE);
  await box.run(['secret', 'set', 'a', '--for', 'k8s', '--for', 'fs'], VALUE);
  const list = await box.run(['secret', 'list']);
  assertEnd(list, 0);
  assert.equal(list.stdout, `a${' '.repeat(NAME.length - 1)}  fs, k8s\n${NAME}  github\n`);
  const json = await box.run(['secret', 'list', '--json']);
  assertEnd(json, 0);
  assert.deepEqual(JSON.parse(json.stdout), {
    secrets: [
      { name: 'a', sources: ['fs', 'k8s'] },
      { name: NAME, sources: ['github'] },
    ],
  });
  const unknown = await box.run(['secret', 'rm', 'b']);
  assertEnd(unknown, 2);
  assert.match(unknown.stderr, new RegExp(`there is no secret b; there are: a, ${NAME}`));
  assertEnd(await box.run(['secret', 'rm', NAME]), 0);
  assert.deepEqual(Object.keys(kept(box)), ['a']);
  assertEnd(await box.run(['secret', 'rm', 'a']), 0);
  assert.match(
    (await box.run(['secret', 'rm', 'a'])).stderr,
    /there is no secret a; there are none/,
  );
});

test('an unknown verb, and none, are usage errors', async () => {
  await using box = new Sandbox();
  for (const args of [[], ['get', NAME], ['rm'], ['rm', 'a', 'b'], ['set'], ['list', 'x']]) {
    assertEnd(await box.run(['secret', ...args]), 2);
  }
  const help = await box.run(['secret', 'set', '--help']);
  assertEnd(help, 0);
  assert.match(help.stdout, /^usage: waitbus secret set/);
});

test('the daemon is told which sources to start again, those that lost it too', async () => {
  await using box = new Sandbox();
  const asked: unknown[] = [];
  const kernel = openKernel({
    paths: { store: box.paths.store, socket: box.paths.socket },
    log: SILENT,
  });
  kernel.handle('restart_source', ({ source }) => {
    asked.push(source);
    return { kind: 'source_restarted', source, state: 'starting' };
  });
  await kernel.listen();
  try {
    assertEnd(await box.run(['secret', 'set', 'token', '--for', 'fs', '--for', 'k8s'], VALUE), 0);
    assert.deepEqual(asked.splice(0), ['fs', 'k8s']);
    assertEnd(await box.run(['secret', 'set', 'token', '--for', 'docker'], VALUE), 0);
    assert.deepEqual(asked.splice(0), ['fs', 'k8s', 'docker']);
    assertEnd(await box.run(['secret', 'rm', 'token']), 0);
    assert.deepEqual(asked, ['docker']);
  } finally {
    kernel.close();
  }
});

test('no daemon is started for it, and one that cannot restart sources is no error', async () => {
  await using box = new Sandbox();
  const alone = await box.run(['secret', 'set', NAME], VALUE);
  assert.equal(alone.stderr, `${NAME} is kept for github\n`);
  assert.equal(existsSync(box.paths.socket), false);
  const kernel = openKernel({
    paths: { store: box.paths.store, socket: box.paths.socket },
    log: SILENT,
  });
  await kernel.listen();
  const ended = await box.run(['secret', 'rm', NAME]);
  kernel.close();
  assert.equal(ended.stderr, `${NAME} is removed\n`);
  assertEnd(ended, 0);
});
