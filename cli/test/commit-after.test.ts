/** When a wait decides whose command, or whose own deed, may have changed what was known; and on pull requests. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { PullsGoal } from '../src/client/commit-goal.js';
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
  round,
  sourceIs,
  stateAfter,
  type Row,
} from './commit-world.js';

test('with a command, what was known before it ended decides nothing', () => {
  const state = new CommitState(GOAL, { now: () => NOW, acts: true });
  for (const frame of [ACK, sourceIs('running'), CAUGHT_UP, round(2000, FAILED)])
    state.receive(frame);
  assert.equal(state.outcome, null);
  assert.equal(state.renew(), true);
  state.receive(round(2001, FAILED));
  assert.equal(state.outcome, null, 'it was asked for before');
  for (const frame of [ACK, CAUGHT_UP, round(2002, { ...OPEN, run_attempt: 2 })])
    state.receive(frame);
  assert.equal(state.outcome, null);
  state.receive(event({ ...FAILED, run_attempt: 2 }));
  assert.equal(state.outcome, 'failure');
});

/** The log says so, the command is done, and then this comes. */
function afterCommand(before: readonly StreamFrame[], ...frames: readonly StreamFrame[]) {
  const state = new CommitState(GOAL, { now: () => NOW, acts: true });
  for (const frame of [ACK, ...before, CAUGHT_UP, sourceIs('running')]) state.receive(frame);
  state.renew();
  for (const frame of [ACK, CAUGHT_UP, ...frames]) state.receive(frame);
  return state;
}

for (const [what, last] of [
  ['GitHub refuses', NONE],
  ['deliveries tell of all', HEARD],
] as const) {
  test(`what the log held before the command is no verdict after it, where ${what}`, () => {
    for (const before of [PASSED, FAILED]) {
      const state = afterCommand([event(before)], last, event(before));
      assert.deepEqual([state.outcome, state.caveat], [null, null]);
      if (last === NONE) {
        assert.equal(state.due, null);
        const old = /ci \(run 1, \w+\); from before what this wait did/;
        assert.match(state.outstanding().join(), old);
      } else {
        // What the command caused would be heard of within the settling time.
        assert.equal(state.due, NOW + 10_000);
      }
      state.receive(event({ ...OPEN, run_attempt: 2 }));
      assert.equal(state.outcome, null);
      state.receive(event({ ...FAILED, run_attempt: 2 }));
      assert.equal(state.outcome, 'failure');
    }
  });

  test(`of several runs one that passed anew is no verdict on the others, where ${what}`, () => {
    const docs = { ...PASSED, run_id: 2, workflow_name: 'docs' };
    const again = event({ ...PASSED, run_attempt: 2 });
    const before = [event(PASSED), event(docs)];
    assert.equal(afterCommand(before, last, again).outcome, null);
    assert.equal(
      afterCommand([event(PASSED)], event({ ...docs, conclusion: 'failure' }), last).outcome,
      'failure',
    );
  });
}

test('why nothing decides is said of a wait that goes on after its command', () => {
  assert.match(
    afterCommand([event(PASSED)], NONE)
      .outstanding()
      .join(),
    /: it was refused$/,
  );
});

test('a round that was asked for after the command makes what it says count, also once none can be had', () => {
  assert.equal(afterCommand([event(PASSED)], round(1009, PASSED), NONE).outcome, 'success');
  assert.equal(afterCommand([event(PASSED)], round(1009, OPEN), NONE).outcome, null);
});

test('what deliveries told while the command ran decides once nothing has come for the settling time', () => {
  for (const [said, expected] of [
    [PASSED, 'success'],
    [FAILED, 'failure'],
  ] as const) {
    let now = NOW;
    const state = new CommitState(GOAL, { now: () => now, acts: true });
    for (const frame of [ACK, CAUGHT_UP, sourceIs('running'), event(said)]) state.receive(frame);
    state.renew();
    for (const frame of [ACK, CAUGHT_UP, HEARD]) state.receive(frame);
    assert.deepEqual([state.outcome, state.due], [null, NOW + 10_000]);
    now += 10_000;
    state.receive({ kind: 'tick' });
    assert.equal(state.outcome, expected);
  }
});

test('where nothing was done, the log decides as before', () => {
  const state = stateAfter({}, event(PASSED, 180), CAUGHT_UP, NONE);
  assert.equal(state.outcome, 'success');
});

const PULLS: PullsGoal = { mode: 'pulls', numbers: [7, 11], any: true, workflow: null };
function pullsAfter(goal: Partial<PullsGoal>, ...frames: readonly StreamFrame[]): CommitState {
  const state = new CommitState({ ...PULLS, ...goal }, { now: () => NOW });
  for (const frame of [ACK, sourceIs('running'), CAUGHT_UP, ...frames]) state.receive(frame);
  return state;
}
const pull = (number: number, at: number, ...runs: readonly Row[]) => {
  const data = { complete: true, from: 'api', parts: 1, repo: 'acme/app', shas: [SHA] };
  return note({ ...data, round: `${number}/${at}`, asked_at: at, runs }, `pull${number}`);
};
const gone = note({ complete: false }, 'pull11', '#11 is not there');

test('what is said of a pull request that did not decide is not said of the verdict', () => {
  const any = pullsAfter({}, gone, pull(7, 2000, PASSED));
  assert.deepEqual([any.outcome, any.caveat], ['success', null]);
  const alone = pullsAfter({ numbers: [11] }, gone);
  assert.deepEqual([alone.outcome, alone.caveat], [null, null]);
  assert.deepEqual(alone.outstanding(), ['--pr 11: #11 is not there']);
  const both = pullsAfter({ any: false }, gone, pull(7, 2000, FAILED));
  assert.deepEqual([both.outcome, both.caveat], ['failure', null]);
});

test('the age of what is known of a pull request is that of its last round', () => {
  const state = pullsAfter({ any: false }, pull(11, 1009, PASSED), gone, pull(7, 2000, PASSED));
  assert.equal(state.outcome, 'success');
  assert.equal(state.caveat, "--pr 11: this is the log's verdict, 0 s old: #11 is not there");
});
