/** What happened before the wait: an answer with --since, and none without. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Sandbox } from '../support/sandbox.js';
import { assertExit, emitAgent, jsonLines } from './verbs.js';

const A = ['--source', 'agent'];

test('--since start, a duration and an event id answer from the log', async () => {
  await using box = new Sandbox();
  const first = await emitAgent(box);
  const second = await emitAgent(box);
  for (const [since, expected] of [
    ['start', first],
    ['10m', first],
    ['600', first],
    [first, second],
    [first.toLowerCase(), second],
  ] as const) {
    const ended = await box.run(['wait', ...A, '--since', since, '--json', '--timeout', '1m']);
    assertExit(ended, 0);
    assert.equal(jsonLines(ended.stdout)[0]?.['event_id'], expected, since);
  }
});

test('without --since, and after the last event, the log is no answer', async () => {
  await using box = new Sandbox();
  const last = await emitAgent(box);
  assertExit(await box.run(['wait', ...A, '--timeout', '300ms']), 124);
  assertExit(await box.run(['wait', ...A, '--since', last, '--timeout', '300ms']), 124);
});

test('a --since before the epoch is the start of the log', async () => {
  await using box = new Sandbox();
  const first = await emitAgent(box);
  const ended = await box.run(['wait', ...A, '--since', '99999d', '--json', '--timeout', '1m']);
  assert.equal(jsonLines(ended.stdout)[0]?.['event_id'], first);
});
