/** How the command of a wait ends with it: whole, and at a terminal as a shell's job would. */
import assert from 'node:assert/strict';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { listProcesses } from '../../cli/src/run/processes.js';
import { membersOf } from '../../cli/src/run/process-tree.js';
import { atTerminal, CTRL_C } from '../support/at-terminal.js';
import { Sandbox, WAITBUS } from '../support/sandbox.js';
import { assertExit, emitAgent } from './verbs.js';

const A = ['--source', 'agent'];
const sh = (script: string) => ['--', 'sh', '-c', script];
const pidIn = (box: Sandbox, file: string) =>
  Number(readFileSync(join(box.work, file), 'utf8').trim());
const runs = (pid: number) => listProcesses().some((one) => one.pid === pid && !one.ended);

/** A child, a grandchild whose parent has ended and that does not heed SIGTERM, and a daemon. */
const FAMILY = `
  sh -c 'echo $$ > child; exec sleep 1000' &
  (sh -c 'trap "" TERM; echo $$ > orphan; while :; do sleep 1000; done' &)
  setsid sh -c 'echo $$ > apart; exec sleep 1000 </dev/null >/dev/null 2>&1' &
  while ! [ -s child ] || ! [ -s orphan ] || ! [ -s apart ]; do sleep 0.05; done
  echo up; wait; sleep 1000`;

for (const [signal, code] of [
  ['SIGTERM', 143],
  ['SIGHUP', 129],
  ['SIGINT', 130],
] as const) {
  test(`a wait that ends with ${signal} leaves nothing of its command, but what went apart`, async () => {
    await using box = new Sandbox();
    const wait = box.waitbus(['wait', ...A, ...sh(FAMILY)]);
    await wait.says(/up/);
    const apart = pidIn(box, 'apart');
    try {
      wait.child.kill(signal);
      assertExit(await wait.ended, code);
      for (const one of ['child', 'orphan']) assert.equal(runs(pidIn(box, one)), false, one);
      assert.equal(runs(apart), true, 'it has a session of its own: it is a daemon');
    } finally {
      process.kill(apart, 'SIGKILL');
    }
  });
}

test('the timeout of a wait ends what its command started, and not the script that it is in', async () => {
  await using box = new Sandbox();
  const script = `sleep 1000 & echo $! > sibling
    "$@"; echo "ended with $?"; kill $(cat sibling) && echo the sibling was there`;
  const command = `sh -c 'echo $$ > child; exec sleep 1000' & wait`;
  writeFileSync(join(box.work, 'child'), '0\n');
  const wait = [process.execPath, WAITBUS, 'wait', ...A, '--timeout', '5s', ...sh(command)];
  const ended = await box.start('sh', ['-c', script, 'sh', ...wait]).ended;
  assertExit(ended, 0);
  assert.equal(ended.stdout, 'ended with 124\nthe sibling was there\n');
  assert.equal(runs(pidIn(box, 'child')), false);
});

test('what a command leaves running stays when the wait is fulfilled', async () => {
  await using box = new Sandbox();
  const wait = box.waitbus([
    'wait',
    ...A,
    ...sh('sleep 1000 >&- 2>&- & echo $! > server; echo up'),
  ]);
  await wait.says(/up/);
  await emitAgent(box);
  assertExit(await wait.ended, 0);
  const server = pidIn(box, 'server');
  assert.equal(runs(server), true);
  process.kill(server, 'SIGKILL');
});

test('on Ctrl-C at a terminal the command ends in its own way, however long it takes', async () => {
  await using box = new Sandbox();
  // It takes longer than the patience with a command that may not have been told.
  const command = `trap 'echo in its own way; sleep 3; echo and done; exit 3' INT; echo up; sleep 1000 & wait`;
  const { code, shown } = await atTerminal(box, ['up', CTRL_C], 'wait', ...A, ...sh(command));
  assert.equal(code, 130, shown);
  assert.match(shown, /in its own way[\s\S]*and done/);
});

test('a second Ctrl-C ends a command that does not heed the first', async () => {
  await using box = new Sandbox();
  const command = `trap 'echo no' INT; echo up; while :; do sleep 1000 & wait; done`;
  const dialog = ['up', CTRL_C, 'no', CTRL_C];
  const { code, shown } = await atTerminal(box, dialog, 'wait', ...A, ...sh(command));
  assert.equal(code, 130, shown);
});

test('the command reads from the terminal, and opens it by name, as for a password', async () => {
  await using box = new Sandbox();
  const command = `read first; read second < /dev/tty; echo "$first, $second."; exit 3`;
  const dialog = ['waiting for', 'one\n', 'one', 'two\n'];
  const { code, shown } = await atTerminal(box, dialog, 'wait', ...A, ...sh(command));
  assert.equal(code, 3, shown);
  assert.match(shown, /one, two\./);
});

test('the processes of a command are its descendants and its orphans, of our session alone', () => {
  const one = (pid: number, parent: number, session = 1, ended = false) => ({
    pid,
    parent,
    group: 1,
    session,
    ended,
  });
  const all = [
    ...[one(1, 0), one(10, 1), one(20, 10), one(21, 20), one(22, 21), one(23, 20, 1, true)],
    ...[one(24, 20, 24), one(30, 1), one(31, 30), one(40, 10), one(50, 1), one(51, 51)],
  ];
  const marked = (pid: number) => pid === 30 || pid === 24;
  assert.deepEqual(membersOf(all, 20, 10, marked), [20, 21, 22, 30]);
  // Its pid may be another's once it has ended.
  assert.deepEqual(membersOf(all, null, 10, marked), [30]);
});
