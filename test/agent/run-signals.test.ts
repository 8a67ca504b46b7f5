/** `waitbus run` and signals: passed on, told apart from those of the terminal, and job control. */
import assert from 'node:assert/strict';
import { join } from 'node:path';
import { test } from 'node:test';
import { assertExit } from '../cli/verbs.js';
import { REPO, Sandbox, WAITBUS } from '../support/sandbox.js';
import { heardOne } from './heard.js';

const AT_A_TERMINAL = join(REPO, 'test', 'fixtures', 'job_control.py');

/** Tells each signal that it gets, and ends with 77 on the last. */
const TELLS = `
  trap 'echo got HUP' HUP; trap 'echo got USR1' USR1; trap 'echo got INT' INT
  trap 'echo got TERM; exit 77' TERM
  echo ready; while :; do sleep 0.05; done`;

test('signals that are sent to waitbus run reach the command, which decides what they mean', async () => {
  await using box = new Sandbox();
  const run = box.waitbus(['run', '--name', 'told', '--', 'sh', '-c', TELLS]);
  await run.says(/ready/);
  for (const signal of ['HUP', 'USR1', 'INT', 'TERM'] as const) {
    run.child.kill(`SIG${signal}`);
    await run.says(new RegExp(`got ${signal}`));
  }
  const ended = await run.ended;
  assertExit(ended, 77);
  assert.equal(ended.stdout, 'ready\ngot HUP\ngot USR1\ngot INT\ngot TERM\n');
  const end = await heardOne(box, 'fields.status="completed"');
  assert.deepEqual([end.event_type, end.fields['conclusion']], ['agent_failed', 'cancelled']);
});

for (const [signal, code] of [
  ['SIGINT', 130],
  ['SIGTERM', 143],
  ['SIGHUP', 129],
] as const) {
  test(`a command that ${signal} ends: ${code}, cancelled`, async () => {
    await using box = new Sandbox();
    const run = box.waitbus(['run', '--', 'sleep', '1000']);
    await heardOne(box, 'event_type="agent_started"');
    run.child.kill(signal);
    assertExit(await run.ended, code);
    const end = await heardOne(box, 'fields.status="completed"');
    assert.deepEqual(
      [end.event_type, end.fields['conclusion'], end.fields['signal']],
      ['agent_failed', 'cancelled', signal],
    );
  });
}

interface Session {
  readonly shown: string;
  readonly code: number;
}

async function atTerminal(box: Sandbox, scenario: string): Promise<Session> {
  const program = box.start('python3', [AT_A_TERMINAL, scenario, process.execPath, WAITBUS]);
  const ended = await program.ended;
  assert.equal(ended.code, 0, ended.stderr);
  return JSON.parse(ended.stdout) as Session;
}

test('Ctrl-C at a terminal reaches the command once', async () => {
  await using box = new Sandbox();
  await box.daemon();
  const { shown, code } = await atTerminal(box, 'interrupt');
  assert.equal(shown.match(/INTERRUPTED/g)?.length, 1, shown);
  assert.equal(code, 9);
  const end = await heardOne(box, 'fields.status="completed"');
  assert.equal(end.fields['conclusion'], 'cancelled');
});

test('the command has the terminal itself', async () => {
  await using box = new Sandbox();
  await box.daemon();
  const { shown, code } = await atTerminal(box, 'isatty');
  assert.match(shown, /True True True/);
  assert.equal(code, 0);
});

test('Ctrl-Z stops both, and fg lets both go on', async () => {
  await using box = new Sandbox();
  await box.daemon();
  const { shown, code } = await atTerminal(box, 'suspend');
  assert.match(shown, /WENT ON/);
  assert.equal(code, 4);
  const end = await heardOne(box, 'fields.status="completed"');
  assert.equal(end.fields['exit_code'], 4);
});
