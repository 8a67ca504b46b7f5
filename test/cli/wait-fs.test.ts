/** The first thing a person tries: a wait on a file, with nothing set up. */
import assert from 'node:assert/strict';
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { Sandbox } from '../support/sandbox.js';
import { armedWait, assertExit, jsonLines } from './verbs.js';

const CONFIG = 'fields.workflow_name="config.yaml"';

test('in a fresh home a wait on fs wakes with 0 when another process saves the file', async () => {
  await using box = new Sandbox({
    WAITBUS_STATE_DIR: undefined,
    WAITBUS_CONFIG_DIR: undefined,
  });
  const wait = await armedWait(box, '--source', 'fs', '--match', CONFIG, '--json');
  const script = `require('fs').writeFileSync('config.yaml', 'a: 1\\n')`;
  const writer = box.start(process.execPath, ['-e', script]);
  assertExit(await writer.ended, 0);
  const ended = await wait.ended;
  assertExit(ended, 0);
  const [event] = jsonLines(ended.stdout);
  assert.equal((event?.['fields'] as { path: string }).path, join(box.work, 'config.yaml'));
});

test('two waiters in different directories hear only their own', async () => {
  await using box = new Sandbox();
  const [a, b] = ['a', 'b'].map((name) => join(box.directory, name)) as [string, string];
  mkdirSync(a);
  mkdirSync(b);
  const start = async (cwd: string) => {
    const wait = box.waitbus(['wait', '--source', 'fs', '--json', '--count', '2'], { cwd });
    await wait.says(/waiting for/);
    return wait;
  };
  const waits = [await start(a), await start(b)];
  for (const name of ['1', '2']) {
    for (const directory of [a, b]) writeFileSync(join(directory, name), name);
  }
  for (const [index, directory] of [a, b].entries()) {
    const ended = await waits[index]?.ended;
    assert.ok(ended);
    assertExit(ended, 0);
    const paths = jsonLines(ended.stdout).map((e) => (e['fields'] as { path: string }).path);
    assert.deepEqual(paths.sort(), [join(directory, '1'), join(directory, '2')]);
  }
});

test('--cwd names the directory to watch, relative to where the command runs', async () => {
  await using box = new Sandbox();
  mkdirSync(join(box.work, 'sub'));
  const wait = await armedWait(box, '--source', 'fs', '--cwd', 'sub', '--json');
  writeFileSync(join(box.work, 'outside'), 'x');
  writeFileSync(join(box.work, 'sub', 'inside'), 'x');
  const [event] = jsonLines((await wait.ended).stdout);
  assert.equal((event?.['fields'] as { path: string }).path, join(box.work, 'sub', 'inside'));
});

test('a second waiter is armed while the source already runs for the first', async () => {
  await using box = new Sandbox();
  await armedWait(box, '--source', 'fs', '--match', 'fields.workflow_name="never"');
  const other = join(box.directory, 'other');
  mkdirSync(other);
  const wait = box.waitbus(['wait', '--source', 'fs'], { cwd: other });
  await wait.says(/waiting for/);
  writeFileSync(join(other, 'x'), 'x');
  assertExit(await wait.ended, 0);
});
