/** send and inbox: what is new is shown once, whole, and as a terminal may show it. */
import assert from 'node:assert/strict';
import { chmodSync, mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { emit, respond } from 'waitbus';
import { assertExit, daemonPid, jsonLines } from '../cli/verbs.js';
import { Sandbox } from '../support/sandbox.js';

/** The texts that an inbox shows. */
async function texts(box: Sandbox, ...args: string[]): Promise<string[]> {
  const ended = await box.run(['inbox', '--json', ...args]);
  assertExit(ended, 0);
  return jsonLines(ended.stdout).map((frame) => {
    return (frame['fields'] as { msg_body: string }).msg_body;
  });
}

const send = async (box: Sandbox, to: string, text: string) =>
  assertExit(await box.run(['send', to, text, '--from', 'al']), 0);

test('what is new is shown once; --peek and --since leave it new; each name has its own', async () => {
  await using box = new Sandbox();
  await send(box, 'bob', 'one');
  await send(box, 'Bob', 'for the other one');
  assert.deepEqual(await texts(box, '--as', 'bob', '--peek'), ['one']);
  assert.deepEqual(await texts(box, '--as', 'bob', '--since', '1h'), ['one']);
  assert.deepEqual(await texts(box, '--as', 'bob'), ['one']);
  assert.deepEqual(await texts(box, '--as', 'bob'), []);
  await send(box, 'bob', 'two');
  process.kill(await daemonPid(box), 'SIGKILL');
  assert.deepEqual(await texts(box, '--as', 'bob'), ['two']);
  assert.deepEqual(await texts(box, '--as', 'Bob'), ['for the other one']);
  assert.deepEqual(await texts(box, '--as', 'bob', '--since', 'start'), ['one', 'two']);
});

test('--follow goes on with what comes, and leaves nothing new behind', async () => {
  await using box = new Sandbox();
  await send(box, 'bob', 'before');
  const follow = box.waitbus(['inbox', '--as', 'bob', '--follow']);
  await follow.says(/before/);
  await send(box, 'bob', 'while');
  await follow.says(/while/);
  follow.child.kill('SIGINT');
  assertExit(await follow.ended, 0);
  const shown = await texts(box, '--as', 'bob');
  // The last one counts as read when another follows it; it may come again after a Ctrl-C.
  assert.ok(shown.length === 0 || shown[0] === 'while');
});

test('a text is whole in --json, and its controls are escapes where people read it', async () => {
  await using box = new Sandbox();
  const text = 'first\n\u001b[31mred\u001b[0m\u0007 \u001b]0;title\u0007end\ttab\r\nbell\u202e';
  assertExit(
    await box.run(['send', 'bob', '--from', 'al', '--thread', 'a\u001b[2Jb'], `${text}\n`),
    0,
  );
  const shown = await box.run(['inbox', '--as', 'bob', '--peek']);
  assertExit(shown, 0);
  const [head = '', ...lines] = shown.stdout.trimEnd().split('\n');
  assert.match(head, /^\S+ {2}al says {2}[0-9A-Z]{26} {2}thread a\\u001b\[2Jb$/);
  assert.deepEqual(lines, [
    '    first',
    '    red\\u0007 \\u001b]0;title\\u0007end\ttab',
    '    bell\\u202e',
  ]);
  assert.deepEqual(await texts(box, '--as', 'bob'), [text]);
});

test('a text may have 1 MiB and not one byte more; what is no text is refused', async () => {
  await using box = new Sandbox();
  const most = 'é'.repeat(512 * 1024);
  assertExit(await box.run(['send', 'bob', '-', '--from', 'al'], most), 0);
  assert.deepEqual(await texts(box, '--as', 'bob'), [most]);
  const over = await box.run(['send', 'bob', '--from', 'al'], `${most}x`);
  assertExit(over, 2);
  assert.match(over.stderr, /1048577 bytes; 1048576 are the most/);
  const far = await box.run(['send', 'bob', '--from', 'al'], 'x'.repeat(3_000_000));
  assertExit(far, 2);
  assert.match(far.stderr, /over 1048576 bytes/);
  for (const [args, code] of [
    [['send', 'bob', '--from', 'al'], 2],
    [['send', '--from', 'al'], 2],
    [['send', '-bob', 'x', '--from', 'al'], 2],
    [['send', 'b'.repeat(65), 'x', '--from', 'al'], 2],
    [['send', 'bob', 'x'], 2],
    [['inbox'], 2],
    [['inbox', '--as', 'bob', '--since', 'yesterday'], 2],
  ] as const) {
    assertExit(await box.run(args), code);
  }
});

test('without a daemon a message is spooled and found later', async () => {
  await using box = new Sandbox();
  const sent = await box.run(['send', 'bob', 'later', '--from', 'al', '--no-autostart', '--json']);
  assertExit(sent, 0);
  assert.match(sent.stderr, /spooled/);
  assert.deepEqual(await texts(box, '--as', 'bob'), ['later']);
});

test(
  'an inbox whose place cannot be kept says so',
  { skip: process.getuid?.() === 0 && 'root' },
  async () => {
    await using box = new Sandbox();
    await send(box, 'bob', 'one');
    chmodSync(join(box.paths.stateDir), 0o500);
    const ended = await box.run(['inbox', '--as', 'bob']);
    chmodSync(join(box.paths.stateDir), 0o700);
    assert.notEqual(ended.code, 0);
    assert.match(ended.stderr, /EACCES|permission/);
  },
);

test('who is here is listed: present since when, what it did last, what wakes it', async () => {
  await using box = new Sandbox();
  const run = box.waitbus(['run', '--name', 'bob', '--', 'sh', '-c', 'echo up; read line'], {
    stdio: ['pipe', 'pipe', 'pipe'],
  });
  await run.says(/up/);
  const { stdout } = await box.run(['agents', '--json']);
  const [bob] = jsonLines(stdout);
  assert.equal(bob?.['name'], 'bob');
  assert.ok(Math.abs(Number(bob?.['since']) - Date.now()) < 600_000);
  run.child.stdin?.end('\n');
  await run.ended;
  const session = ['--field', 'msg_from=claude:5f3c', '--field', 'scope=turn'];
  await box.run(['emit', '--source', 'agent', '--event-type', 'agent_finished', ...session]);
  await box.run(['watch', '--for', 'claude:5f3c', '--match', 'event_type="agent_failed"']);
  const after = await box.run(['agents']);
  assert.match(
    after.stdout,
    /^bob {2}agent_finished at \S+Z\nclaude:5f3c {2}agent_finished turn at \S+Z; woken by 1 watch\n$/,
  );
  await box.run(['stop']);
  const none = await box.run(['agents']);
  assert.deepEqual([none.code, none.stdout], [0, '']);
  assert.match(none.stderr, /nobody is present/);
});

test('messages that retention removed before they were looked at are told of', async () => {
  await using box = new Sandbox();
  await send(box, 'bob', 'seen');
  assert.deepEqual(await texts(box, '--as', 'bob'), ['seen']);
  await send(box, 'bob', 'never seen');
  const large = { source: 'agent', event_type: 'agent_note', payload: 'x'.repeat(1_000_000) };
  await emit([large, large, large], { paths: box.paths });
  mkdirSync(box.paths.configDir, { recursive: true });
  writeFileSync(join(box.paths.configDir, 'config.json'), '{"retention":{"maxSize":"1MB"}}');
  assertExit(await box.run(['stop']), 0);
  // The next daemon removes what is too much a slice at a time, beside what it is asked.
  let told = '';
  while (!/retention removed/.test(told))
    told = (await box.run(['log', '--since', 'start'])).stderr;
  const ended = await box.run(['inbox', '--as', 'bob']);
  assertExit(ended, 0);
  assert.equal(ended.stdout, '');
  assert.match(ended.stderr, /retention removed events that bob had not looked at/);
  const again = await box.run(['inbox', '--as', 'bob']);
  assert.doesNotMatch(again.stderr, /retention/);

  const stop = new AbortController();
  const { paths } = box;
  const onGap = () => stop.abort();
  await respond({ as: 'bob', since: 'start', paths, signal: stop.signal, onGap }, () => 'yes');
});
