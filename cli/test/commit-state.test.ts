/** When a wait on a verdict of CI decides, from the frames that it is given. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { CommitState } from '../src/client/commit-state.js';
import type { StreamFrame } from '../src/client/stream.js';
import {
  ACK,
  CAUGHT_UP,
  FAILED,
  GOAL,
  HEARD,
  NONE,
  NOW,
  OPEN,
  PASSED,
  SHA,
  event,
  note,
  outcome,
  round,
  sourceIs,
  stateAfter,
  type Row,
} from './commit-world.js';

test('the log alone decides nothing, whatever it says', () => {
  assert.equal(outcome(event(FAILED), CAUGHT_UP), null);
  assert.equal(outcome(event(PASSED), CAUGHT_UP), null);
});

test('a round overrules the log: a later attempt, a run that goes on, one that is no more', () => {
  assert.equal(outcome(event(FAILED), CAUGHT_UP, round(2000, { ...OPEN, run_attempt: 2 })), null);
  assert.equal(outcome(event(FAILED), CAUGHT_UP, round(2000, OPEN)), null);
  assert.equal(
    outcome(
      event(PASSED),
      CAUGHT_UP,
      round(2000, PASSED, { ...OPEN, run_id: 2, workflow_name: 'tests' }),
    ),
    null,
  );
  assert.equal(outcome(event({ ...FAILED, run_id: 9 }), CAUGHT_UP, round(2000, PASSED)), 'success');
});

test('a failure decides at once, beside runs that go on; a success when all has stood for the settling time', () => {
  const other = { ...OPEN, run_id: 2, workflow_name: 'tests' };
  assert.equal(outcome(CAUGHT_UP, round(1000, FAILED, other)), 'failure');
  assert.equal(outcome(CAUGHT_UP, round(1009, PASSED)), null);
  assert.equal(outcome(CAUGHT_UP, round(1010, PASSED)), 'success');
  assert.equal(stateAfter({ settleMs: 0 }, CAUGHT_UP, round(1000, PASSED)).outcome, 'success');
  assert.equal(stateAfter({ settleMs: 60_000 }, CAUGHT_UP, round(1010, PASSED)).outcome, null);
  assert.equal(outcome(CAUGHT_UP, round(1009, PASSED), round(1011, PASSED)), 'success');
});

test('all skipped is a success, and no run at all is none', () => {
  assert.equal(outcome(CAUGHT_UP, round(2000, { ...PASSED, conclusion: 'skipped' })), 'success');
  assert.equal(outcome(CAUGHT_UP, round(2000)), null);
});

test('an event after the round counts: a failure at once, a success with the next round', () => {
  const open = [CAUGHT_UP, round(2000, OPEN)];
  assert.equal(outcome(...open, event(FAILED)), 'failure');
  assert.equal(outcome(...open, event(PASSED)), null);
  assert.equal(outcome(...open, event(PASSED), round(2010, PASSED)), 'success');
  const again = [CAUGHT_UP, round(2000, { ...OPEN, run_attempt: 2 })];
  assert.equal(outcome(...again, event(FAILED)), null);
});

test('where deliveries come in the log decides, by the time since the last of them', () => {
  assert.equal(outcome(event(FAILED), HEARD, CAUGHT_UP), 'failure');
  assert.equal(outcome(event(PASSED, 11), CAUGHT_UP, HEARD), 'success');
  const fresh = stateAfter({}, event(PASSED, 4), CAUGHT_UP, HEARD);
  assert.deepEqual([fresh.outcome, fresh.due], [null, NOW + 6000]);
});

test('where no round can be had the verdict is that of the log, with its age and the reason', () => {
  const state = stateAfter({}, event(PASSED, 180), CAUGHT_UP, NONE);
  assert.equal(state.outcome, 'success');
  assert.equal(state.caveat, "this is the log's verdict, 180 s old: it was refused");
  assert.equal(outcome(CAUGHT_UP, NONE), null);
  assert.equal(outcome(CAUGHT_UP, NONE, event(FAILED)), 'failure');
  assert.equal(stateAfter({}, CAUGHT_UP, NONE, round(2000, PASSED)).caveat, null);
});

test('a source that says nothing is not waited for in vain', () => {
  let now = NOW;
  const state = new CommitState(GOAL, { now: () => now });
  for (const frame of [ACK, event(PASSED), CAUGHT_UP, sourceIs('running')]) state.receive(frame);
  assert.equal(state.due, NOW + 15_000);
  state.receive({ kind: 'tick' });
  assert.equal(state.outcome, null);
  now += 15_000;
  state.receive({ kind: 'tick' });
  assert.deepEqual([state.outcome, state.due], ['success', null]);
  assert.match(state.caveat ?? '', /did not say/);
});

test('a source that is dead leaves the verdict of the log, where there is one', () => {
  const state = stateAfter({}, sourceIs('failed', 'it broke'), event(FAILED), CAUGHT_UP);
  assert.equal(state.outcome, 'failure');
  assert.match(state.caveat ?? '', /source github: it broke/);
  const none = stateAfter({}, sourceIs('failed', 'it broke'), CAUGHT_UP);
  assert.deepEqual([none.outcome, none.hopeless()?.detail], [null, 'it broke']);
});

test('after a lost connection another round decides', () => {
  const frames = [CAUGHT_UP, round(2000, OPEN), ACK, event(FAILED), CAUGHT_UP];
  assert.equal(outcome(...frames), null);
  assert.equal(outcome(...frames, round(2001, FAILED)), 'failure');
});

test('a round in parts is one, and a part of another is not', () => {
  const part = (id: number, at: number, ...runs: readonly Row[]) =>
    note(
      {
        complete: true,
        from: 'api',
        round: id,
        parts: 2,
        asked_at: 2000,
        repo: 'acme/app',
        shas: [SHA],
        runs,
      },
      at === 1 ? 'round' : `round_${at}`,
    );
  const failed = { ...FAILED, run_id: 2, workflow_name: 'tests' };
  assert.equal(outcome(CAUGHT_UP, part(-1, 1, PASSED)), null);
  assert.equal(outcome(CAUGHT_UP, part(-1, 1, PASSED), part(-2, 1, PASSED)), null);
  assert.equal(outcome(CAUGHT_UP, part(-1, 1, PASSED), part(-1, 2, failed)), 'failure');
});

test('what is outstanding says which runs are open, and which count only when they are named', () => {
  assert.deepEqual(stateAfter({}, CAUGHT_UP, round(1000, OPEN)).outstanding(), [
    `--sha ${SHA}: ci (run 1, in_progress)`,
  ]);
  const nightly = { ...FAILED, event: 'schedule' };
  assert.deepEqual(stateAfter({}, CAUGHT_UP, round(1000, nightly)).outstanding(), [
    `--sha ${SHA}: no push caused ci (run 1, failure); with --workflow such a run counts`,
  ]);
  assert.deepEqual(stateAfter({}, CAUGHT_UP, round(1001, PASSED)).outstanding(), [
    `--sha ${SHA}: ci (run 1, success); another run may still come`,
  ]);
});

test('a short SHA of two commits is refused', () => {
  const other = `${SHA.slice(0, 8)}${'0'.repeat(32)}`;
  const state = stateAfter({ sha: SHA.slice(0, 7) }, event(FAILED));
  assert.throws(() => state.receive(event({ ...FAILED, head_sha: other })), /more than one commit/);
});

test('what has settled asks for no look while a command runs, nor before the next subscription', () => {
  let now = NOW;
  const state = new CommitState(GOAL, { now: () => now, acts: true });
  const settled = [ACK, event(PASSED, 60), CAUGHT_UP, HEARD, sourceIs('running')];
  for (const frame of settled) state.receive(frame);
  assert.deepEqual([state.outcome, state.due], [null, null]);
  state.renew();
  state.receive(HEARD);
  state.receive({ kind: 'tick' });
  assert.deepEqual([state.outcome, state.due], [null, null]);
  for (const frame of settled) state.receive(frame);
  // What the command caused may still be on its way.
  assert.deepEqual([state.outcome, state.due], [null, NOW + 10_000]);
  now += 10_000;
  state.receive({ kind: 'tick' });
  assert.equal(state.outcome, 'success');
});

test('the silence of a source is counted from the subscription that goes by it', () => {
  let now = NOW;
  const state = new CommitState(GOAL, { now: () => now });
  for (const frame of [ACK, event(PASSED), CAUGHT_UP, sourceIs('running')]) state.receive(frame);
  now += 14_000;
  state.renew();
  state.receive({ kind: 'tick' });
  assert.equal(state.due, null);
  for (const frame of [ACK, CAUGHT_UP, sourceIs('running')]) state.receive(frame);
  assert.deepEqual([state.outcome, state.due], [null, now + 15_000]);
});

test('of several that are waited for, one that has settled asks for no look', () => {
  const goal = { mode: 'pulls', numbers: [7, 8], any: false, workflow: null } as const;
  const state = new CommitState(goal, { now: () => NOW });
  const told = (code: string, run: Row) => ({ ...round(2000, run), code }) as StreamFrame;
  const heard = note({ complete: true, from: 'webhook' }, 'pull7');
  for (const frame of [ACK, CAUGHT_UP, sourceIs('running')]) state.receive(frame);
  for (const frame of [told('pull7', PASSED), told('pull8', OPEN), heard]) state.receive(frame);
  assert.deepEqual([state.outcome, state.due], [null, null]);
});
