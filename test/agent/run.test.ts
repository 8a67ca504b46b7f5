/** `waitbus run`: the command's own end is ours, and an event. */
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { realpathSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { assertExit } from '../cli/verbs.js';
import { Sandbox } from '../support/sandbox.js';
import { heard, heardOne, logged } from './heard.js';

const ENDED = 'fields.status="completed"';

test('every exit code passes through and decides the event', async () => {
  await using box = new Sandbox();
  for (const code of [0, 1, 2, 42, 124, 255]) {
    const name = `exits-${code}`;
    const ended = await box.run(['run', '--name', name, '--', 'sh', '-c', `exit ${code}`]);
    assertExit(ended, code);
    assert.equal(ended.stdout + ended.stderr, '');
    const [started, end] = await heard(box, [`fields.msg_from="${name}"`], 2);
    assert.equal(started?.event_type, 'agent_started');
    assert.equal(end?.event_type, code === 0 ? 'agent_finished' : 'agent_failed');
    const { exit_code: told, conclusion, duration_ms: took, run_id: run, ...rest } = end.fields;
    assert.equal(told, code);
    assert.equal(conclusion, code === 0 ? 'success' : 'failure');
    assert.ok(typeof took === 'number' && took >= 0);
    assert.equal(run, started.fields['run_id']);
    assert.equal(rest['cwd'], box.work);
    assert.equal(rest['workflow_name'], 'sh');
    assert.equal('signal' in rest, false);
    assert.equal('head_branch' in rest, false);
    assert.equal(started.fields['status'], 'in_progress');
  }
});

test('a command that is killed is agent_failed with the signal, and 128 plus its number', async () => {
  await using box = new Sandbox();
  for (const [signal, number] of [
    ['KILL', 9],
    ['SEGV', 11],
    ['TERM', 15],
  ] as const) {
    const name = `dies-${signal}`;
    const script = `kill -${signal} $$`;
    assertExit(await box.run(['run', '--name', name, '--', 'sh', '-c', script]), 128 + number);
    const end = await heardOne(box, `fields.msg_from="${name}"`, ENDED);
    const { signal: told, conclusion, exit_code: code } = end.fields;
    assert.deepEqual(
      [end.event_type, told, conclusion, code],
      ['agent_failed', `SIG${signal}`, 'failure', 128 + number],
    );
  }
});

test('kill -9 of the command from outside ends the run as a failure', async () => {
  await using box = new Sandbox();
  const run = box.waitbus(['run', '--name', 'victim', '--', 'sleep', '1000']);
  const started = await heardOne(box, 'event_type="agent_started"');
  process.kill(Number(started.fields['pid']), 'SIGKILL');
  assertExit(await run.ended, 137);
  const end = await heardOne(box, ENDED);
  assert.deepEqual([end.event_type, end.fields['signal']], ['agent_failed', 'SIGKILL']);
});

test('kill -9 of waitbus run itself is agent_failed too, and says that the command may live', async () => {
  await using box = new Sandbox();
  const run = box.waitbus(['run', '--name', 'victim', '--', 'sleep', '1000']);
  const started = await heardOne(box, 'event_type="agent_started"');
  const pid = Number(started.fields['pid']);
  run.child.kill('SIGKILL');
  const end = await heardOne(box, ENDED);
  assert.equal(end.event_type, 'agent_failed');
  assert.deepEqual(
    [end.fields['conclusion'], end.fields['reason'], end.fields['pid']],
    ['failure', 'wrapper_killed', pid],
  );
  assert.match(end.summary, new RegExp(`its command \\(pid ${pid}\\) may still run`));
  // It does: the signal was not for it.
  process.kill(pid, 'SIGKILL');
  assert.equal((await logged(box, ENDED)).length, 1);
});

test('a command that is not there or not executable ends as a shell ends it', async () => {
  await using box = new Sandbox();
  const file = join(box.work, 'no-program');
  writeFileSync(file, 'x', { mode: 0o644 });
  const absent = await box.run(['run', '--name', 'absent', '--', 'there-is-no-such-command']);
  assertExit(absent, 127);
  assert.match(absent.stderr, /there-is-no-such-command: there is no such command/);
  assertExit(await box.run(['run', '--name', 'barred', '--', file]), 126);
  const end = await heardOne(box, 'fields.msg_from="absent"');
  assert.deepEqual([end.event_type, end.fields['reason']], ['agent_failed', 'not_found']);
  assert.equal((await heardOne(box, 'fields.msg_from="barred"')).fields['reason'], 'not_run');
});

test('stdin, stdout and stderr are the command’s, byte for byte, and so is its name', async () => {
  await using box = new Sandbox();
  const bytes = 'a\u0000b\n'.repeat(50_000);
  const echoed = await box.run(['run', '--', 'cat'], bytes);
  assertExit(echoed, 0);
  assert.equal(echoed.stdout, bytes);
  assert.equal(echoed.stderr, '');
  const script = 'echo "$WAITBUS_AGENT_NAME"; echo aside >&2';
  const named = await box.run(['run', '--name', 'me', '--', 'sh', '-c', script]);
  assert.deepEqual([named.stdout, named.stderr], ['me\n', 'aside\n']);
  const dashes = await box.run(['run', '--', 'echo', '--name', '--help', '--', '-x']);
  assert.equal(dashes.stdout, '--name --help -- -x\n');
});

test('in a checkout the branch is told', async () => {
  await using box = new Sandbox();
  execFileSync('git', ['init', '-q', '-b', 'feature/x', box.work]);
  assertExit(await box.run(['run', '--', 'true']), 0);
  const end = await heardOne(box, ENDED);
  assert.equal(end.fields['head_branch'], 'feature/x');
  assert.equal(end.fields['cwd'], realpathSync(box.work));
});

test('without a daemon the command runs, is told of in a line, and counts later', async () => {
  await using box = new Sandbox();
  const ended = await box.run([
    'run',
    '--no-autostart',
    '--name',
    'alone',
    '--',
    'sh',
    '-c',
    'echo ran; exit 5',
  ]);
  assertExit(ended, 5);
  assert.equal(ended.stdout, 'ran\n');
  assert.match(ended.stderr, /^waitbus run: no daemon on .*; events are spooled\n$/);
  const [started, end] = await heard(box, ['fields.msg_from="alone"'], 2);
  assert.deepEqual(
    [started?.event_type, end?.event_type, end?.fields['exit_code']],
    ['agent_started', 'agent_failed', 5],
  );
});

test('a daemon that hangs costs seconds, and the command’s code is unchanged', async () => {
  await using box = new Sandbox();
  const daemon = await box.daemon();
  daemon.child.kill('SIGSTOP');
  const ended = await box.run(['run', '--name', 'patient', '--', 'sh', '-c', 'exit 7']);
  assertExit(ended, 7);
  assert.match(ended.stderr, /the daemon does not answer; events are spooled/);
  daemon.child.kill('SIGCONT');
  await heard(box, ['fields.msg_from="patient"'], 2);
  assert.equal((await logged(box, 'fields.msg_from="patient"')).length, 2);
});

test('a daemon that is killed in the middle is told of the end all the same, once', async () => {
  await using box = new Sandbox();
  const run = box.waitbus(['run', '--name', 'steady', '--', 'sh', '-c', 'read line; exit 3'], {
    stdio: ['pipe', 'pipe', 'pipe'],
  });
  await heardOne(box, 'event_type="agent_started"');
  const { stdout } = await box.run(['status', '--json']);
  process.kill((JSON.parse(stdout) as { pid: number }).pid, 'SIGKILL');
  run.child.stdin?.end('go\n');
  assertExit(await run.ended, 3);
  const end = await heardOne(box, ENDED);
  assert.equal(end.fields['exit_code'], 3);
  assert.equal((await logged(box, ENDED)).length, 1);
});

test('names and arguments that cannot be are refused before anything runs', async () => {
  await using box = new Sandbox();
  for (const args of [
    ['run', 'true'],
    ['run', '--'],
    ['run', '--name', 'no spaces', '--', 'true'],
    ['run', '--name', '', '--', 'true'],
    ['run', '--bogus', '--', 'true'],
  ]) {
    assertExit(await box.run([...args]), 2);
  }
});
