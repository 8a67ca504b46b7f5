/** `waitbus watch` and `wakes`, and the library's watches: each event wakes a name exactly once. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { emit, listWakes, registerWatch, takeWakes } from 'waitbus';
import { holdForWake } from '../../cli/src/wake/hold.js';
import { assertExit, daemonPid, jsonLines } from '../cli/verbs.js';
import { Sandbox } from '../support/sandbox.js';

const done = (n: number) => ({
  source: 'agent',
  event_type: 'agent_finished',
  fields: { msg_from: 'codex:1', n },
});
const MATCH = ['event_type="agent_finished"'];
const NAME = 'claude:5f3c';

const numbers = (stdout: string) =>
  jsonLines(stdout).map(({ fields }) => (fields as { n: number }).n);

test('what is registered is kept, shown, taken once, acknowledged and removed', async () => {
  await using box = new Sandbox();
  const run = (...args: string[]) => box.run([...args, '--for', NAME]);
  const made = await run('watch', '--match', MATCH[0] as string);
  assertExit(made, 0);
  assert.match(made.stderr, /claude:5f3c is woken by event_type="agent_finished"/);
  await emit([done(1), { source: 'agent', event_type: 'agent_note' }, done(2)], box);
  process.kill(await daemonPid(box), 'SIGKILL');
  const listed = await run('watch', '--list');
  assert.match(listed.stdout, /^[0-9a-f]{16} {2}claude:5f3c {2}event_type="agent_finished"$/m);
  const before = await run('wakes');
  assert.match(before.stdout, /claude:5f3c +\S+ +matched$/m);
  const taken = await run('watch', '--take', '--json');
  assertExit(taken, 0);
  assert.deepEqual(numbers(taken.stdout), [1, 2]);
  const nothing = await run('watch', '--take');
  assertExit(nothing, 124);
  assert.match(nothing.stderr, /nothing for claude:5f3c/);
  assert.match((await run('wakes')).stdout, /woke +delivered \+\d+ ms, woke \+\d+ ms$/m);
  assert.match((await run('wakes', 'ack')).stderr, /2 acknowledged/);
  assert.match((await run('wakes')).stdout, /acked +delivered .*, acked \+\d+ ms$/m);
  assertExit(await run('watch', '--remove', 'none-such'), 1);
  assertExit(await run('watch', '--remove', 'all'), 0);
  const gone = await run('watch', '--take');
  assertExit(gone, 2);
  assert.match(gone.stderr, /nothing is watched for claude:5f3c/);
});

test('a take waits for a message, over the death of the daemon; Ctrl-C ends one', async () => {
  await using box = new Sandbox();
  assertExit(await box.run(['watch', '--for', 'bob', '--messages']), 0);
  const waiting = box.waitbus(['watch', '--for', 'bob', '--take', '--timeout', '5m', '--json']);
  process.kill(await daemonPid(box), 'SIGKILL');
  assertExit(await box.run(['send', 'bob', 'hello', '--from', 'al']), 0);
  const ended = await waiting.ended;
  assertExit(ended, 0);
  assert.match(ended.stdout, /"msg_body":"hello"/);
  const other = box.waitbus(['watch', '--for', 'bob', '--take', '--timeout', '5m']);
  assertExit(await box.run(['status']), 0);
  other.child.kill('SIGINT');
  assertExit(await other.ended, 130);
});

test('an event of either clause wakes, one of neither does not; bad arguments are told', async () => {
  await using box = new Sandbox();
  const clauses = ['agent:fields.n=1', 'agent:event_type="agent_failed"'];
  const options = clauses.flatMap((clause) => ['--first-of', clause]);
  assertExit(await box.run(['watch', '--for', 'bob', ...options]), 0);
  await emit([done(1), done(2), { ...done(3), event_type: 'agent_failed' }], box);
  assert.deepEqual(
    numbers((await box.run(['watch', '--for', 'bob', '--take', '--json'])).stdout),
    [1, 3],
  );
  const refused = async (args: string[], reason: RegExp) => {
    const ended = await box.run(['watch', ...args]);
    assertExit(ended, 2);
    assert.match(ended.stderr, reason);
  };
  await refused(['--match', 'a=1'], /it is not said who you are[\s\S]*--for NAME/);
  await refused(['--for', 'bob'], /say what wakes it/);
  await refused(['--for', 'bob', '--match', 'a ~ 1'], /a ~ 1/);
  await refused(['--for', 'bob', '--source', 'nothing'], /WAITBUS_UNKNOWN_SOURCE/);
  await refused(['--for', 'bob', '--take', '--list'], /exclude each other/);
  await refused(['--for', 'bob', '--match', 'a=1', '--timeout', '1m'], /goes with --take/);
});

test('of ten takers at once, and one that is frozen and killed, each event wakes one', async () => {
  await using box = new Sandbox();
  await registerWatch({ name: NAME, match: MATCH }, box);
  const frozen = box.waitbus(['watch', '--for', NAME, '--take', '--timeout', '5m', '--json']);
  // It waits as soon as it is counted among those that subscribe.
  const subscribers = async (count: number) => {
    for (;;) {
      const { stdout } = await box.run(['status', '--json']);
      if ((JSON.parse(stdout) as { subscribers: number }).subscribers >= count) return;
    }
  };
  await subscribers(1);
  frozen.child.kill('SIGSTOP');
  await emit(done(0), box);
  // Given to the frozen one, whose death the daemon notices.
  const takers = Array.from({ length: 10 }, () =>
    takeWakes(NAME, { ...box, timeoutMs: 60_000, max: 1 }),
  );
  await subscribers(10);
  frozen.child.kill('SIGKILL');
  await frozen.ended;
  await emit(
    Array.from({ length: 9 }, (_, n) => done(n + 1)),
    box,
  );
  const taken = await Promise.all(takers);
  const seen = taken.flatMap(({ events }) => events.map(({ fields }) => fields['n'] as number));
  assert.deepEqual(
    seen.sort((a, b) => a - b),
    [0, 1, 2, 3, 4, 5, 6, 7, 8, 9],
  );
  await Promise.all(taken.map((one) => one.woke()));
  for (const one of taken) one.close();
  const wakes = await listWakes(NAME, box);
  assert.deepEqual(new Set(wakes.map(({ state }) => state)), new Set(['woke']));
});

test('a hold hands over what is there, once; over the budget it waits; without a daemon it is null', async () => {
  await using box = new Sandbox();
  const options = { paths: box.paths, autostart: false };
  assert.equal(await holdForWake({ name: NAME, holdMs: 1000 }, options), null);
  await registerWatch({ name: NAME, match: MATCH }, box);
  await emit([done(1), done(2)], box);
  const dropped = await holdForWake({ name: NAME, holdMs: 0 }, options);
  assert.match(dropped?.text ?? '', /2 events[\s\S]*n = 1[\s\S]*n = 2/);
  dropped?.close();
  const budget = { wakes: 1, windowMs: 3_600_000 };
  const held = await holdForWake({ name: NAME, holdMs: 60_000, budget }, options);
  assert.equal(held?.text, dropped?.text);
  await held?.confirm();
  await emit(done(3), box);
  assert.equal(await holdForWake({ name: NAME, holdMs: 0, budget }, options), null);
  const later = await holdForWake({ name: NAME, holdMs: 0 }, options);
  assert.match(later?.text ?? '', /n = 3/);
  later?.close();
});
