/** `waitbus log`: what is shown, and how it follows. */
import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { Sandbox } from '../support/sandbox.js';
import { assertExit, emitAgent, jsonLines } from './verbs.js';

test('log prints what is there, oldest first, and ends', async () => {
  await using box = new Sandbox();
  for (const n of [1, 2, 3]) await emitAgent(box, '--field', `n:=${n}`, '--summary', `no ${n}`);
  const all = await box.run(['log', '--source', 'agent']);
  assertExit(all, 0);
  assert.match(all.stdout, /agent {2}agent_finished {2}no 1 {2}\{"n":1\}\n.*no 2.*\n.*no 3.*\n$/);
  const some = await box.run(['log', '--since', 'start', '--match', 'fields.n>1', '--json']);
  assert.deepEqual(
    jsonLines(some.stdout).map(({ summary }) => summary),
    ['no 2', 'no 3'],
  );
});

test('log says when there is nothing, and refuses a bad --since', async () => {
  await using box = new Sandbox();
  const none = await box.run(['log']);
  assertExit(none, 0);
  assert.equal(none.stdout, '');
  assert.match(none.stderr, /no such event since 1h/);
  assertExit(await box.run(['log', '--since', 'yesterday']), 2);
});

test('log --follow goes on with what comes, until Ctrl-C', async () => {
  await using box = new Sandbox();
  await emitAgent(box, '--summary', 'before');
  const log = box.waitbus(['log', '--follow']);
  await log.says(/before/);
  await emitAgent(box, '--summary', 'after');
  await log.says(/after/);
  log.child.kill('SIGINT');
  assertExit(await log.ended, 0);
});

test('log --follow of a source starts it, as a wait does', async () => {
  await using box = new Sandbox();
  const log = box.waitbus(['log', '--follow', '--source', 'fs']);
  await log.says(/source fs is alive/);
  writeFileSync(join(box.work, 'saved.txt'), 'x');
  await log.says(/fs_change {2}saved saved\.txt/);
  log.child.kill('SIGINT');
  assertExit(await log.ended, 0);
});

test('log of a source that there is not is refused, with the name that was meant', async () => {
  await using box = new Sandbox();
  for (const follow of [[], ['--follow']]) {
    const ended = await box.run(['log', '--source', 'gihub', ...follow]);
    assertExit(ended, 2);
    assert.match(ended.stderr, /gihub is not installed.*did you mean github\?/);
  }
  const quiet = await box.run(['log', '--source', 'github']);
  assertExit(quiet, 0);
  assert.match(quiet.stderr, /no such event/);
});
