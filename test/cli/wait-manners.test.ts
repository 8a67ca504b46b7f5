/** What a person meets around a wait: other shells, other terminals, a look into the log. */
import assert from 'node:assert/strict';
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { Sandbox } from '../support/sandbox.js';
import { armedWait, assertExit, emitAgent } from './verbs.js';

test('a shell with another runtime directory finds the daemon of the same state directory', async () => {
  await using box = new Sandbox();
  const wait = await armedWait(box, '--source', 'agent');
  const elsewhere = { env: { WAITBUS_RUNTIME_DIR: join(box.directory, 'elsewhere') } };
  const emit = ['emit', '--source', 'agent', '--event-type', 'x'];
  const emitted = await box.waitbus(emit, elsewhere).ended;
  assertExit(emitted, 0);
  assert.match(emitted.stdout, /"inserted":true/);
  assertExit(await wait.ended, 0);
  assertExit(await box.waitbus(['status'], elsewhere).ended, 0);
  assertExit(await box.waitbus(['stop'], elsewhere).ended, 0);
});

test('--timeout 0 with --since looks into the log and does not wait', async () => {
  await using box = new Sandbox();
  await emitAgent(box, '--field', 'n:=1');
  const look = (n: number) =>
    box.run(['wait', '--match', `fields.n=${n}`, '--since', 'start', '--timeout', '0']);
  assertExit(await look(1), 0);
  assertExit(await look(2), 124);
});

test('a second --source is refused, with the way to say it', async () => {
  await using box = new Sandbox();
  const ended = await box.run(['wait', '--source', 'agent', '--source', 'fs']);
  assertExit(ended, 2);
  assert.match(ended.stderr, /one --source only.*--first-of/);
});

test('--cwd that is no directory is refused', async () => {
  await using box = new Sandbox();
  writeFileSync(join(box.work, 'file'), '');
  for (const cwd of ['file', 'missing']) {
    const ended = await box.run(['wait', '--source', 'fs', '--cwd', cwd]);
    assertExit(ended, 2);
    assert.match(ended.stderr, /is not a directory/);
  }
});

test('--count says how far it is', async () => {
  await using box = new Sandbox();
  const wait = await armedWait(box, '--source', 'agent', '--count', '2');
  await emitAgent(box);
  await wait.says(/waiting for 1 of 2 events: --source agent/);
  await emitAgent(box);
  assertExit(await wait.ended, 0);
});

test('a daemon that cannot start is said with its own cause and remedy', async () => {
  await using box = new Sandbox();
  mkdirSync(box.paths.configDir, { recursive: true });
  writeFileSync(join(box.paths.configDir, 'config.yaml'), 'retension: {}\n');
  const ended = await box.run(['wait', '--source', 'agent']);
  assertExit(ended, 2);
  assert.match(ended.stderr, /config\.yaml/);
  assert.match(ended.stderr, /retension/);
  const emitted = await box.run(['emit', '--source', 'agent', '--event-type', 'x']);
  assertExit(emitted, 0);
  assert.match(emitted.stderr, /retension[\s\S]*spooled/);
});

test('a key that no event can have ends the wait, with what was probably meant', async () => {
  await using box = new Sandbox();
  const ended = await box.run(['wait', '--match', 'conclusion="failure"']);
  assertExit(ended, 2);
  assert.match(ended.stderr, /no event has a member conclusion; did you mean fields\.conclusion\?/);
});
