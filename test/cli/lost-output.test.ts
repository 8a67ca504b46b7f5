/** What is printed and arrives nowhere: no answer. A reader that has gone had enough. */
import assert from 'node:assert/strict';
import { closeSync, openSync } from 'node:fs';
import { test } from 'node:test';
import { Sandbox, WAITBUS, type Ended } from '../support/sandbox.js';
import { assertExit, emitAgent } from './verbs.js';

const skip = process.platform === 'linux' ? false : '/dev/full is of Linux';

async function toFull(box: Sandbox, args: readonly string[]): Promise<Ended> {
  const full = openSync('/dev/full', 'w');
  try {
    return await box.waitbus(args, { stdio: ['ignore', full, 'pipe'] }).ended;
  } finally {
    closeSync(full);
  }
}

test('a full disk under its output is no answer of any command that prints', { skip }, async () => {
  await using box = new Sandbox();
  await emitAgent(box, '--field', 'msg_from=al');
  for (const args of [
    ['wait', '--source', 'agent', '--since', 'start', '--json'],
    ['emit', '--source', 'agent', '--event-type', 'x'],
    ['log', '--json'],
    ['log', '--follow'],
    ['agents'],
    ['status'],
    ['claim', 'x', '--as', 'al', '--json', '--', 'true'],
    ['source', 'list'],
    ['source', 'env', 'pytest'],
    ['plugin', 'list'],
    ['config', 'show'],
    ['doctor'],
    ['help'],
    ['--version'],
  ]) {
    const ended = await toFull(box, args);
    assertExit(ended, 2);
    assert.match(
      ended.stderr,
      /could not be written: no space left on device\n.*df/,
      args.join(' '),
    );
  }
});

test('a wait for several events ends when the first cannot be written', { skip }, async () => {
  await using box = new Sandbox();
  await emitAgent(box);
  const args = ['--source', 'agent', '--since', 'start', '--count', '2', '--json'];
  assertExit(await toFull(box, ['wait', ...args]), 2);
});

test(
  'who prints nothing keeps its own code on a full disk, and a hook fails open',
  { skip },
  async () => {
    await using box = new Sandbox();
    assertExit(await toFull(box, ['run', '--', 'sh', '-c', 'exit 7']), 7);
    assertExit(await toFull(box, ['claim', 'x', '--as', 'al', '--', 'sh', '-c', 'exit 5']), 5);
    assertExit(await toFull(box, ['wait', '--source', 'agent', '--timeout', '0.1']), 124);
    assertExit(await toFull(box, ['hook', 'claude', 'Stop']), 0);
  },
);

test('a reader that has gone is no failure, and ends what would print on and on', async () => {
  await using box = new Sandbox();
  await emitAgent(box);
  await emitAgent(box);
  const script = `{ "$@"; echo "ended with $?" >&2; } | head -1 >/dev/null`;
  const log = [process.execPath, WAITBUS, 'log', '--follow'];
  const following = box.start('sh', ['-c', script, 'sh', ...log]);
  const ended = following.says(/ended with 0/);
  // Each is written into the pipe; the first after its reader has gone ends it.
  for (let over = false; !over;) {
    await emitAgent(box);
    over = await Promise.race([ended.then(() => true), emitAgent(box).then(() => false)]);
  }
  assert.doesNotMatch((await following.ended).stderr, /written/);
});
