/** `waitbus watch` and `waitbus wakes`: what a person or a shell sees of watches, and of what they took. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { registerWatch } from 'waitbus';
import { heard } from '../agent/heard.js';
import { assertExit, emitAgent, jsonLines } from '../cli/verbs.js';
import { Sandbox } from '../support/sandbox.js';

const NAME = 'claude:5f3c';
const MATCH = ['--match', 'event_type="agent_finished"'];

test('what a watch takes is taken once, and every state of it can be seen', async () => {
  await using box = new Sandbox({ WAITBUS_AGENT_NAME: NAME });
  const made = await box.run(['watch', ...MATCH]);
  assertExit(made, 0);
  const id = made.stdout.trim();
  assert.match(id, /^[0-9a-f]{16}$/);
  assert.match(made.stderr, /claude:5f3c is woken by --match 'event_type="agent_finished"'/);
  const again = await box.run(['watch', ...MATCH, '--json']);
  assert.equal(jsonLines(again.stdout)[0]?.['watch'], id, 'the same watch twice');

  const first = await emitAgent(box, '--summary', 'one\u001b[31m');
  const wakes = async (...args: string[]) => {
    const ended = await box.run(['wakes', '--json', ...args]);
    assertExit(ended, 0);
    return jsonLines(ended.stdout).map(({ event_id: event, state }) => [event, state]);
  };
  assert.deepEqual(await wakes(), [[first, 'matched']]);
  const taken = await box.run(['watch', '--take', '--timeout', '0']);
  assertExit(taken, 0);
  assert.match(taken.stdout, /^\S+ {2}agent {2}agent_finished {2}one/);
  assert.ok(!taken.stdout.includes('\u001b'));
  assert.deepEqual(await wakes(), [[first, 'woke']]);
  const none = await box.run(['watch', '--take', '--timeout', '0']);
  assertExit(none, 124);
  assert.match(none.stderr, /nothing came for claude:5f3c/);

  const second = await emitAgent(box);
  const third = await emitAgent(box);
  const acked = await box.run(['wakes', 'ack', '--up-to', second, '--json']);
  assert.deepEqual(jsonLines(acked.stdout), [{ acked: 2 }]);
  assert.deepEqual(await wakes(), [
    [first, 'acked'],
    [second, 'acked'],
    [third, 'matched'],
  ]);
  assert.deepEqual(await wakes('--limit', '1'), [[third, 'matched']]);
  const shown = await box.run(['wakes']);
  assert.match(
    shown.stdout,
    new RegExp(`${third} +${NAME} +matched +emitted .*matched \\+\\d+ ms`),
  );
  const left = await box.run(['watch', '--take', '--json']);
  assert.deepEqual(
    jsonLines(left.stdout).map(({ event_id: event }) => event),
    [third],
    'what was acknowledged wakes nobody',
  );
});

test('a watch that nothing can ever wake is refused, and one that something can is kept', async () => {
  await using box = new Sandbox({ WAITBUS_AGENT_NAME: NAME });
  for (const [args, said] of [
    [['--match', 'conclusion="failure"'], /did you mean fields\.conclusion\?/],
    [['--source', 'pytest', '--match', 'fields.nope=1'], /has a field nope/],
    [['--first-of', 'pytest:fields.nope=1'], /has a field nope/],
    [['--source', 'pytest', '--match', 'fields.source="fs"'], /only be of another source/],
  ] as const) {
    const ended = await box.run(['watch', ...args]);
    assertExit(ended, 2);
    assert.match(ended.stderr, said);
  }
  assert.match((await box.run(['watch', '--list'])).stderr, /nothing is watched/);
  const clauses = ['pytest:fields.nope=1', 'agent:event_type="agent_failed"'];
  assertExit(await box.run(['watch', ...clauses.flatMap((one) => ['--first-of', one])]), 0);
  const one = { name: NAME, match: ['fields.exit_code=1'], sources: ['pytest', 'fs'] };
  const { paths } = box;
  await registerWatch(one, { paths });
  const none = registerWatch({ ...one, match: ['fields.nope=1'] }, { paths });
  await assert.rejects(none, { code: 'WAITBUS_CANNOT_MATCH' });
});

test('--take waits until something comes, and takes up what it is to watch by itself', async () => {
  await using box = new Sandbox();
  await box.daemon();
  const take = box.waitbus(['watch', '--for', 'al', '--take', '--json', ...MATCH]);
  for (let there = ''; there === '';)
    there = (await box.run(['watch', '--list', '--for', 'al'])).stdout;
  const event = await emitAgent(box);
  const ended = await take.ended;
  assertExit(ended, 0);
  assert.equal(jsonLines(ended.stdout)[0]?.['event_id'], event);
  const usedAt = async () =>
    jsonLines((await box.run(['watch', '--list', '--json'])).stdout)[0]?.['used_at'];
  const before = await usedAt();
  const stopped = box.waitbus(['watch', '--for', 'al', '--take']);
  while ((await usedAt()) === before);
  stopped.child.kill('SIGTERM');
  assertExit(await stopped.ended, 143);
});

test('a reader that is gone has not been woken', async () => {
  await using box = new Sandbox({ WAITBUS_AGENT_NAME: 'al' });
  await box.run(['watch', ...MATCH]);
  const event = await emitAgent(box);
  const take = box.waitbus(['watch', '--take', '--json']);
  take.child.stdout?.destroy();
  assert.equal((await take.ended).code, 1);
  const next = await box.run(['watch', '--take', '--json', '--timeout', '0']);
  assert.equal(jsonLines(next.stdout)[0]?.['event_id'], event);
});

test('clauses, lists and removals', async () => {
  await using box = new Sandbox();
  const clauses = ['pytest:fields.conclusion="failure"', 'agent:event_type="agent_failed"'];
  const first = clauses.flatMap((clause) => ['--first-of', clause]);
  const made = await box.run(['watch', '--for', 'al', ...first]);
  assertExit(made, 0);
  assertExit(await box.run(['watch', '--for', 'bo', ...MATCH, '--source', 'agent']), 0);
  await emitAgent(box, '--summary', 'of no interest');
  await box.run(['emit', '--source', 'agent', '--event-type', 'agent_failed']);
  await heard(box, ['event_type="agent_failed"']);
  const taken = await box.run(['watch', '--for', 'al', '--take', '--json']);
  assert.deepEqual(
    jsonLines(taken.stdout).map(({ event_type: type }) => type),
    ['agent_failed'],
  );
  const all = await box.run(['watch', '--list']);
  assert.match(all.stdout, /al .*--source pytest --source agent .*"failure"/);
  assert.match(all.stdout, /bo .*--source agent --match 'event_type="agent_finished"'/);
  assertExit(await box.run(['watch', '--for', 'al', '--remove', 'f'.repeat(16)]), 1);
  assertExit(await box.run(['watch', '--for', 'al', '--remove', made.stdout.trim()]), 0);
  assertExit(await box.run(['watch', '--for', 'bo', '--remove']), 0);
  const none = await box.run(['watch', '--list']);
  assert.equal(none.stdout, '');
  assert.match(none.stderr, /nothing is watched/);
  const take = await box.run(['watch', '--for', 'bo', '--take']);
  assertExit(take, 2);
  assert.match(take.stderr, /waitbus watch --for bo --match/);
});

test('what cannot be meant is refused with the reason', async () => {
  await using box = new Sandbox({ WAITBUS_NO_AUTOSTART: '1' });
  const cases = [
    [['watch', ...MATCH], /--for NAME.*export WAITBUS_AGENT_NAME=NAME/],
    [['watch', '--for', 'a b', ...MATCH], /"a b" is not a name/],
    [['watch', '--for', 'a'], /say what to watch/],
    [['watch', '--for', 'a', '--match', 'x'], /x/],
    [['watch', '--for', 'a', ...MATCH, '--list'], /--match says what to watch/],
    [['watch', '--for', 'a', '--take', '--remove'], /--remove and --take exclude each other/],
    [['watch', '--for', 'a', ...MATCH, '--timeout', '1s'], /--timeout goes with --take/],
    [['watch', '--for', 'a', '--take', '--max', '65'], /--max 65 is over 64/],
    [['watch', '--for', 'a', ...MATCH, 'stray'], /stray/],
    [['watch', '--for', 'a', ...MATCH], /no daemon/],
    [['wakes', 'acknowledge'], /acknowledge/],
    [['wakes', '--up-to', '0'.repeat(26)], /--up-to goes with ack/],
    [['wakes', 'ack'], /--for NAME/],
  ] as const;
  for (const [args, why] of cases) {
    const ended = await box.run(args);
    assertExit(ended, 2);
    assert.match(ended.stderr, why, args.join(' '));
    assert.equal(ended.stdout, '');
  }
});
