/** When a wait on a verdict of CI decides, from the frames that it is given. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { CommitGoal, PullsGoal } from '../src/client/commit-goal.js';
import { CommitState } from '../src/client/commit-state.js';
import type { EventFrame, StreamFrame } from '../src/client/stream.js';

const SHA = '7f3a1b2c9d0e4f5a6b7c8d9e0f1a2b3c4d5e6f70';
const NOW = 1_800_000_000_000;
const GOAL: CommitGoal = { mode: 'commit', sha: SHA, workflow: null };
const ACK: StreamFrame = { kind: 'subscribe_ack', caught_up_at: '0', head: '0' };
const CAUGHT_UP: StreamFrame = { kind: 'caught_up', head: '0' };
const sourceIs = (state: 'running' | 'failed', detail = ''): StreamFrame => ({
  kind: 'source_state',
  source: 'github',
  state,
  detail,
  remedy: 'mend it',
});

type Row = Readonly<Record<string, string | number>>;

let count = 0;
const event = (fields: Row, secondsAgo = 60): EventFrame => ({
  kind: 'event',
  event_id: String(++count).padStart(26, '0'),
  event_type: 'workflow_run',
  owner: 'acme',
  repo: 'app',
  received_at: BigInt(NOW - secondsAgo * 1000) * 1_000_000n,
  delivery_id: 'd',
  summary: '',
  fields: { event_type: 'workflow_run', head_sha: SHA, ...fields },
});

const note = (data: object, code = 'round', detail = ''): StreamFrame => ({
  kind: 'wait_note',
  source: 'github',
  code,
  level: 'info',
  detail,
  remedy: '',
  data,
});
let rounds = 0;
const round = (askedAt: number, ...runs: readonly Row[]) =>
  note({
    complete: true,
    from: 'api',
    round: ++rounds,
    parts: 1,
    asked_at: askedAt,
    repo: 'acme/app',
    shas: [SHA],
    runs,
  });
const NONE = note({ complete: false }, 'round', 'it was refused');
const HEARD = note({ complete: true, from: 'webhook' });

const OPEN = { run_id: 1, workflow_name: 'ci', status: 'in_progress' };
const FAILED = { ...OPEN, status: 'completed', conclusion: 'failure' };
const PASSED = { ...FAILED, conclusion: 'success', updated_at: 1000 };

function stateAfter(goal: Partial<CommitGoal>, ...frames: readonly StreamFrame[]): CommitState {
  const state = new CommitState({ ...GOAL, ...goal }, { now: () => NOW });
  for (const frame of [ACK, sourceIs('running'), ...frames]) state.receive(frame);
  return state;
}
const outcome = (...frames: readonly StreamFrame[]) => stateAfter({}, ...frames).outcome;

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
