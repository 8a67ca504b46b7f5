/** `waitbus hook` tells the bus what a harness does, and says nothing to the harness itself. */
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { existsSync, readdirSync } from 'node:fs';
import { test } from 'node:test';
import { heard, heardOne, logged } from '../agent/heard.js';
import { Sandbox, type Ended } from '../support/sandbox.js';
import { claudeHook, claudeInput, NAME } from './hook.js';

/** As a harness takes for: go on. */
function assertSilent({ code, signal, stdout, stderr }: Ended): void {
  assert.deepEqual(
    { code, signal, stdout, stderr },
    { code: 0, signal: null, stdout: '', stderr: '' },
  );
}

test('a session’s turns, edits and end are on the bus, with its branch', async () => {
  await using box = new Sandbox();
  await box.daemon();
  execFileSync('git', ['init', '-q', '-b', 'feature/x', box.work]);
  const cwd = box.work;
  const edit = { tool_name: 'Edit', tool_use_id: 't1', tool_input: { file_path: 'a.ts' } };
  for (const [event, more] of [
    ['PostToolUse', { ...edit, cwd }],
    ['Stop', { cwd, stop_hook_active: false }],
    ['StopFailure', { cwd, error: 'rate_limit' }],
    ['SessionEnd', { cwd, reason: 'other' }],
  ] as const) {
    assertSilent(await claudeHook(box, event, more));
  }
  const events = await heard(box, [`fields.msg_from="${NAME}"`], 4);
  assert.deepEqual(
    events.map(({ event_type: type, fields }) => [type, fields['scope'], fields['head_branch']]),
    [
      ['agent_edited', 'turn', 'feature/x'],
      ['agent_finished', 'turn', 'feature/x'],
      ['agent_failed', 'turn', 'feature/x'],
      ['agent_finished', 'session', 'feature/x'],
    ],
  );
  assert.equal(events[0]?.fields['path'], `${cwd}/a.ts`);
  // The same call of the same tool, told by a second installation.
  assertSilent(await claudeHook(box, 'PostToolUse', { ...edit, cwd }));
  assert.equal((await logged(box, 'event_type="agent_edited"')).length, 1);
});

test('without a daemon events are spooled, and only the start of a session starts one', async () => {
  await using box = new Sandbox();
  assertSilent(await claudeHook(box, 'Stop'));
  assert.equal(readdirSync(box.paths.spool).length, 1);
  assert.equal(existsSync(box.paths.socket), false);
  assert.equal(existsSync(box.paths.daemonLog), false);
  assertSilent(await claudeHook(box, 'SessionStart', { source: 'startup' }, '--no-autostart'));
  assert.equal(existsSync(box.paths.daemonLog), false);
  // The daemon that this one starts takes in what all of them said.
  assertSilent(await claudeHook(box, 'SessionStart', { source: 'resume' }));
  assert.equal(existsSync(box.paths.daemonLog), true);
  await heard(box, [`fields.msg_from="${NAME}"`], 3);
});

test('a daemon that hangs holds nobody up, and hears it later, once', async () => {
  await using box = new Sandbox();
  const daemon = await box.daemon();
  daemon.child.kill('SIGSTOP');
  assertSilent(await claudeHook(box, 'Stop', {}, '--hold', '30s'));
  daemon.child.kill('SIGCONT');
  await heardOne(box, `fields.msg_from="${NAME}"`);
  // What went both ways is taken in both ways, and stored once.
  while (readdirSync(box.paths.spool).some((file) => file.endsWith('.ndjson'))) {
    await new Promise((resolve) => setImmediate(resolve));
  }
  assert.equal((await logged(box, `fields.msg_from="${NAME}"`)).length, 1);
});

test('whatever comes in and whatever is asked, a hook ends with 0 and nothing on stdout', async () => {
  await using box = new Sandbox({ WAITBUS_NO_AUTOSTART: '1' });
  const stop = claudeInput('Stop');
  const cases: readonly (readonly [readonly string[], string])[] = [
    [['claude', 'Stop'], ''],
    [['claude', 'Stop'], 'not JSON'],
    [['claude', 'Stop'], '[]'],
    [['claude', 'Stop'], 'null'],
    [['claude', 'Stop'], '{"session_id": 5}'],
    [['claude', 'Stop'], `${stop.slice(0, -1)}`],
    [['claude', 'Stop'], '\u0000\u0001\ufffd'.repeat(1000)],
    [['claude'], '{"hook_event_name":"NoSuchHook","session_id":"x"}'],
    [['claude', 'Stop', '--no-such-option'], stop],
    [['claude', 'Stop', '--hold', 'soon'], stop],
    [['no-such-harness'], stop],
    [[], stop],
    [['codex', '{"type":"agent-turn-complete"'], ''],
  ];
  for (const [args, input] of cases) {
    const ended = await box.run(['hook', ...args], input);
    assert.deepEqual([ended.code, ended.stdout], [0, ''], args.join(' '));
  }
});

test('a directory that cannot be written is no reason to fail', async () => {
  await using box = new Sandbox({ WAITBUS_STATE_DIR: '/dev/null/state' });
  const ended = await claudeHook(box, 'Stop');
  assert.deepEqual([ended.code, ended.stdout], [0, '']);
});

test('the whole of an edited file fits in; what is larger is left out, and read to its end', async () => {
  await using box = new Sandbox({ WAITBUS_NO_AUTOSTART: '1' });
  const write = (megabytes: number) =>
    claudeInput('PostToolUse', {
      tool_name: 'Write',
      tool_input: { file_path: '/tmp/large', content: 'x'.repeat(megabytes * 1024 * 1024) },
    });
  assertSilent(await box.run(['hook', 'claude', 'PostToolUse'], write(8)));
  assert.equal(readdirSync(box.paths.spool).length, 1);
  assertSilent(await box.run(['hook', 'claude', 'PostToolUse'], write(24)));
  assert.equal(readdirSync(box.paths.spool).length, 1);
});

test('a harness that leaves stdin open is not waited for, and what it wrote counts', async () => {
  await using box = new Sandbox({ WAITBUS_NO_AUTOSTART: '1' });
  const hook = box.waitbus(['hook', 'claude', 'Stop'], { stdio: ['pipe', 'pipe', 'pipe'] });
  hook.child.stdin?.write(claudeInput('Stop'));
  assertSilent(await hook.ended);
  assert.equal(readdirSync(box.paths.spool).length, 1);
});

test('notify of Codex and the command of Aider read no stdin', async () => {
  await using box = new Sandbox({ WAITBUS_NO_AUTOSTART: '1' });
  const notified = { type: 'agent-turn-complete', 'thread-id': 't', 'turn-id': 'u', cwd: '/' };
  for (const args of [
    ['codex', JSON.stringify(notified)],
    ['aider', 'waiting'],
  ]) {
    const hook = box.waitbus(['hook', ...args], { stdio: ['pipe', 'pipe', 'pipe'] });
    assertSilent(await hook.ended);
  }
  assert.equal(readdirSync(box.paths.spool).length, 2);
});
