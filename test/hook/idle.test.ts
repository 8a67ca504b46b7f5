/** The hook that waits beside an idle session: woken by messages too, one a session, gone with it. */
import assert from 'node:assert/strict';
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { send } from 'waitbus';
import { Sandbox, WAITBUS, type Running } from '../support/sandbox.js';
import { claudeHook, claudeInput, NAME } from './hook.js';

const AT_TERMINAL = { CLAUDE_CODE_ENTRYPOINT: 'cli' };

function waitIdle(box: Sandbox): Running {
  const args = ['hook', 'claude', 'Idle', '--hold', '1h'];
  const hook = box.waitbus(args, { stdio: ['pipe', 'pipe', 'pipe'], env: AT_TERMINAL });
  hook.child.stdin?.end(claudeInput('Stop'));
  return hook;
}

/** The process that waits for the session, once there is one other than this. */
async function waiter(box: Sandbox, not = 0): Promise<number> {
  const file = join(box.paths.runtimeDir, 'idle', NAME.replace(':', '-'));
  for (;;) {
    const pid = existsSync(file) ? Number(readFileSync(file, 'utf8')) : 0;
    if (pid !== 0 && pid !== not) return pid;
    await new Promise((resolve) => setImmediate(resolve));
  }
}

test('an idle session is woken by a message, as its harness is told of one', async () => {
  await using box = new Sandbox();
  await box.daemon();
  await claudeHook(box, 'SessionStart', { source: 'startup' });
  const hook = waitIdle(box);
  await waiter(box);
  await send({ to: NAME, from: 'codex:peer', body: 'are you there?', paths: box.paths });
  const { code, stdout, stderr } = await hook.ended;
  assert.deepEqual([code, stdout], [2, '']);
  assert.match(stderr, /are you there\?/);
  assert.equal(existsSync(join(box.paths.runtimeDir, 'idle', NAME.replace(':', '-'))), false);
});

test('a newer one takes the place of the one that waits', async () => {
  await using box = new Sandbox();
  await box.daemon();
  const first = waitIdle(box);
  const pid = await waiter(box);
  assert.equal(pid, first.child.pid);
  const second = waitIdle(box);
  assert.equal(await waiter(box, pid), second.child.pid);
  const { code, stderr } = await first.ended;
  assert.deepEqual([code, stderr], [0, '']);
  await send({ to: NAME, from: 'codex:peer', body: 'for the second', paths: box.paths });
  assert.equal((await second.ended).code, 2);
});

test('it ends with its harness, whose death leaves a shell between them', async () => {
  await using box = new Sandbox();
  await box.daemon();
  // The shell stays, since it has more to do.
  const shell = `${process.execPath} ${WAITBUS} hook claude Idle --hold 1h; true`;
  const program = `
    const { spawn } = require('node:child_process');
    const hook = spawn('/bin/sh', ['-c', ${JSON.stringify(shell)}], { stdio: ['pipe', 'ignore', 'ignore'] });
    hook.stdin.end(${JSON.stringify(claudeInput('Stop'))});
    setInterval(() => undefined, 1e6);`;
  const harness = box.start(process.execPath, ['-e', program], { env: AT_TERMINAL });
  const pid = await waiter(box);
  harness.child.kill('SIGKILL');
  for (let alive = true; alive; await new Promise((resolve) => setImmediate(resolve))) {
    try {
      process.kill(pid, 0);
    } catch {
      alive = false;
    }
  }
});

test('in print mode, which would wait for it, it does nothing', async () => {
  await using box = new Sandbox();
  await box.daemon();
  await claudeHook(box, 'SessionStart', { source: 'startup' });
  await send({ to: NAME, from: 'codex:peer', body: 'later', paths: box.paths });
  const ended = await box.run(['hook', 'claude', 'Idle', '--hold', '1h'], claudeInput('Stop'));
  assert.deepEqual([ended.code, ended.stdout, ended.stderr], [0, '', '']);
});
