/** What is told on request: sockets, FIFOs and directories, and paths in another spelling. */
import assert from 'node:assert/strict';
import { mkdirSync, realpathSync, symlinkSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { once } from 'node:events';
import { join } from 'node:path';
import { test } from 'node:test';
import type { Condition, Waiter } from '@waitbus/plugin-sdk';
import { is, sh, startSource, temporaryDirectory } from './harness.js';

function waiter(cwd: string, ...anyOf: readonly (readonly Condition[])[]): Waiter {
  return { id: 1, cwd, env: null, filters: [], anyOf };
}

const CREATED: Condition = { key: 'event_type', op: '=', value: 'fs_create' };

test('a socket, a FIFO and a directory that appear are told to who asks for it', async (t) => {
  const root = temporaryDirectory(t);
  const running = await startSource(t, [root]);
  running.setWaiters(waiter(root, [CREATED]));
  const server = createServer().listen(join(root, 'app.sock'));
  t.after(() => server.close());
  await once(server, 'listening');
  const socket = await running.waitFor(is('fs_create', join(root, 'app.sock')), 'socket');
  assert.equal(socket.fields?.['kind'], 'socket');
  assert.equal(socket.fields?.['status'], 'created');
  // The mark that keeps it from those who wait for everything.
  assert.equal(socket.fields?.['only_for'], 'event_type');
  await sh('mkfifo pipe; mkdir -p d/e; mkfifo d/e/pipe', root);
  const fifo = await running.waitFor(is('fs_create', join(root, 'pipe')), 'FIFO');
  assert.equal(fifo.fields?.['kind'], 'fifo');
  for (const name of ['d', 'd/e', 'd/e/pipe']) {
    await running.waitFor(is('fs_create', join(root, name)), name);
  }
  const story = await running.storyUntilMarker(root);
  assert.deepEqual([...story].sort(), [
    'create app.sock',
    'create d',
    'create d/e',
    'create d/e/pipe',
    'create pipe',
  ]);
});

test('without such a wait nothing of them is told', async (t) => {
  const root = temporaryDirectory(t);
  const running = await startSource(t, [root]);
  running.setWaiters(waiter(root, []), waiter(root, [{ ...CREATED, op: '!=' }]));
  await sh('mkfifo pipe; mkdir d', root);
  assert.deepEqual(await running.storyUntilMarker(root), []);
});

test('a path that a wait spells through a symlink is told in that spelling, too', async (t) => {
  const base = temporaryDirectory(t);
  mkdirSync(join(base, 'real/src'), { recursive: true });
  symlinkSync('real', join(base, 'link'));
  const root = join(base, 'real');
  const running = await startSource(t, [root]);
  const spelt = join(base, 'link/src/f');
  running.setWaiters(waiter(root, [{ key: 'fields.path', op: '=', value: spelt }]));
  writeFileSync(join(root, 'src/f'), '1');
  const event = await running.waitFor(is('fs_change', spelt), 'save in the spelling of the wait');
  assert.equal(event.fields?.['only_for'], 'path');
  // Under the directory of the waiter, whatever the spelling.
  assert.equal(event.fields?.['root_path'], join(root, 'src/f'));
  await running.waitFor(is('fs_change', join(root, 'src/f')), 'the same for everybody else');
  writeFileSync(join(root, 'src/g'), '1');
  assert.deepEqual(await running.storyUntilMarker(root), [
    'change src/f',
    `change ${spelt}`,
    'change src/g',
  ]);
});

test("one wait's spelling of the root is not told to another one", async (t) => {
  const base = realpathSync(temporaryDirectory(t));
  mkdirSync(join(base, 'real/in'), { recursive: true });
  symlinkSync('real', join(base, 'l'));
  const running = await startSource(t, [join(base, 'l')]);
  await running.setRoots(join(base, 'l'), join(base, 'real/in'));
  writeFileSync(join(base, 'real/in/f'), '1');
  await running.waitFor(is('fs_change', join(base, 'l/in/f')), 'by the symlink');
  await running.waitFor(is('fs_change', join(base, 'real/in/f')), 'by its own name');
  await running.setRoots(join(base, 'real/in'));
  writeFileSync(join(base, 'real/in/g'), '1');
  await running.waitFor(is('fs_change', join(base, 'real/in/g')), 'after the other has left');
  assert.ok(!running.events.some(is('fs_change', join(base, 'l/in/g'))));
});

test('a root through a symlink that leads elsewhere now', async (t) => {
  const base = temporaryDirectory(t);
  await sh('mkdir one two; ln -s one current', base);
  const root = join(base, 'current');
  const running = await startSource(t, [root]);
  await sh('ln -s two next; mv -T next current; echo 1 > two/f', base);
  await running.waitFor(is('fs_change', join(root, 'f')), 'save in the new one');
  await sh('echo 1 > one/old; echo 1 > two/g', base);
  await running.waitFor(is('fs_change', join(root, 'g')), 'later save');
  assert.ok(!running.events.some(is('fs_change', join(root, 'old'))));
});
