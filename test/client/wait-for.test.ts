/** The client library as a program uses it: waitFor, what it resolves with and what ends it. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { emit, waitFor, WaitTimeoutError } from 'waitbus';
import { Sandbox } from '../support/sandbox.js';
import { done, hasCode, signal } from './done-signal-code.js';

test('waitFor resolves with the event that onArmed caused', async () => {
  await using box = new Sandbox();
  const { paths } = box;
  const [event] = await waitFor({
    source: 'agent',
    match: 'fields.n=2',
    paths,
    timeout: 20_000,
    onArmed: () => void emit([done(1), done(2)], { paths }),
  });
  assert.equal(event?.fields['n'], 2);
  assert.equal(typeof event?.received_at, 'bigint');
});

test('a limit beyond what a timer takes is refused, and Infinity is none', async () => {
  await using box = new Sandbox();
  const { paths } = box;
  for (const timeout of [30 * 86_400_000, -1, NaN]) {
    await assert.rejects(
      waitFor({ source: 'agent', paths, timeout }),
      hasCode('WAITBUS_BAD_REQUEST'),
    );
  }
  const [event] = await waitFor({
    source: 'agent',
    paths,
    timeout: Infinity,
    onArmed: () => void emit(done(7), { paths }),
  });
  assert.equal(event?.fields['n'], 7);
});

test('waitFor with allOf resolves with one event a clause, in their order', async () => {
  await using box = new Sandbox();
  const { paths } = box;
  const events = await waitFor({
    allOf: ['agent:fields.n=1', 'agent:fields.n=2'],
    paths,
    timeout: 20_000,
    onArmed: () => void emit([done(2), done(2), done(1)], { paths }),
  });
  assert.deepEqual(
    events.map((event) => event.fields['n']),
    [2, 1],
  );
});

test('waitFor with firstOf and count', async () => {
  await using box = new Sandbox();
  const { paths } = box;
  const events = await waitFor({
    firstOf: ['agent:fields.n=1', 'agent:fields.n=3'],
    count: 2,
    paths,
    timeout: 20_000,
    onArmed: () => void emit([done(1), done(2), done(3)], { paths }),
  });
  assert.deepEqual(
    events.map((event) => event.fields['n']),
    [1, 3],
  );
});

test('the timeout error of waitFor lists what is outstanding', async () => {
  await using box = new Sandbox();
  const { paths } = box;
  const allOf = ['agent:fields.n=1', 'agent:fields.n = 2'];
  const armed = signal();
  const wait = waitFor({ allOf, paths, timeout: 3000, onArmed: armed.happen });
  await armed.happened;
  await emit(done(1), { paths });
  await assert.rejects(wait, (error) => {
    assert.ok(error instanceof WaitTimeoutError);
    assert.deepEqual(error.outstanding, ['agent:fields.n = 2']);
    return true;
  });
});

test('waitFor holds a timeout that is up before the daemon answers', async () => {
  await using box = new Sandbox();
  const { paths } = box;
  for (const timeout of [1, 20, 60]) {
    await assert.rejects(waitFor({ source: 'agent', paths, timeout }), WaitTimeoutError);
  }
  await emit(done(1), { paths });
});

test('an aborted signal ends waitFor with its reason, before and after it is armed', async () => {
  await using box = new Sandbox();
  const { paths } = box;
  const before = waitFor({ source: 'agent', paths, signal: AbortSignal.abort(new Error('no')) });
  await assert.rejects(before, /no/);
  const controller = new AbortController();
  const after = waitFor({
    source: 'agent',
    paths,
    signal: controller.signal,
    onArmed: () => controller.abort(new Error('enough')),
  });
  await assert.rejects(after, /enough/);
});

test('waitFor rejects a bad predicate, a bad clause and an unknown source at once', async () => {
  await using box = new Sandbox();
  const { paths } = box;
  await assert.rejects(waitFor({ match: 'a', paths }), hasCode('WAITBUS_BAD_PREDICATE'));
  await assert.rejects(waitFor({ allOf: ['a=1'], paths }), hasCode('WAITBUS_BAD_PREDICATE'));
  await assert.rejects(waitFor({ source: 'nosuch', paths }), hasCode('WAITBUS_UNKNOWN_SOURCE'));
  const unreachable = waitFor({ source: 'agent', paths: (await bare()).paths, autostart: false });
  await assert.rejects(unreachable, hasCode('WAITBUS_UNREACHABLE'));
});

/** Paths where nobody serves. */
async function bare(): Promise<{ paths: Sandbox['paths'] }> {
  await using box = new Sandbox();
  return { paths: box.paths };
}
