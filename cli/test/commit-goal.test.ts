/** `--sha` and `--pr` as they are typed: what is asked for, what is refused, and which of several decide. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { CommitState } from '../src/client/commit-state.js';
import { requestFor } from '../src/client/goal.js';
import type { StreamFrame } from '../src/client/stream.js';
import { parseWait } from '../src/commands/parse-wait.js';

const SHA = '7f3a1b2c9d0e4f5a6b7c8d9e0f1a2b3c4d5e6f70';
const OPEN = { run_id: 1, workflow_name: 'ci', status: 'in_progress' };
const FAILED = { ...OPEN, status: 'completed', conclusion: 'failure' };
const PASSED = { ...FAILED, conclusion: 'success', updated_at: 1000 };

type Row = Readonly<Record<string, string | number>>;

const parse = (...args: readonly string[]) => parseWait(args, { cwd: '/w', now: 0 });

test('--sha asks for the runs of a prefix in lower case, from the log first', () => {
  const plan = parse('--sha', '7F3A1B2', '--repo', 'o/r', '--workflow', 'a "b"');
  assert.deepEqual([plan.verdict, plan.since, plan.filters], [true, '0'.repeat(26), ['o/r']]);
  assert.deepEqual(requestFor(plan.goal), {
    sources: ['github'],
    match: ['fields.event_type="workflow_run"', 'fields.head_sha^="7f3a1b2"'],
  });
});

let rounds = 0;
const pull = (number: number, ...runs: readonly Row[]): StreamFrame => ({
  kind: 'wait_note',
  source: 'github',
  code: `pull${number}`,
  level: 'info',
  detail: '',
  remedy: '',
  data: {
    complete: true,
    from: 'api',
    round: ++rounds,
    parts: 1,
    asked_at: 2000,
    repo: 'o/r',
    shas: [SHA],
    runs,
  },
});

test('--pr: all of them, or with --any the first that has a verdict', () => {
  const open = (any: readonly string[], ...frames: readonly StreamFrame[]) => {
    const { goal } = parse('--pr', '7', '--pr', '#70', '--repo', 'o/r', ...any);
    assert.ok(goal.mode === 'pulls');
    const state = new CommitState(goal, { now: () => 0 });
    const live: StreamFrame = { kind: 'subscribe_ack', caught_up_at: null, head: '0' };
    for (const frame of [live, ...frames]) state.receive(frame);
    return state.outcome;
  };
  assert.equal(open([], pull(7, PASSED)), null);
  assert.equal(open([], pull(7, PASSED), pull(70, PASSED)), 'success');
  assert.equal(open([], pull(7, OPEN), pull(70, FAILED)), 'failure');
  assert.equal(open(['--any'], pull(7, OPEN), pull(70, PASSED)), 'success');
  assert.equal(open(['--any'], pull(7, FAILED)), 'failure');
  // Pushed to while it was waited for.
  assert.equal(open([], pull(7, PASSED), pull(7, { ...OPEN, run_id: 5 }), pull(70, PASSED)), null);
});

for (const [args, reason] of [
  [['--sha', SHA, '--pr', '7'], /exclude each other/],
  [['--pr', '0'], /whole number from 1/],
  [['--pr', 'x'], /whole number from 1/],
  [['--any'], /--any goes with --pr/],
  [['--pr', '7', '--match', 'a=1'], /leave out --source, --match, --count/],
  [['--source', 'fs', '--settle', '1s'], /--settle goes with --sha or --pr/],
  [['--sha', SHA, '--settle', 'soon'], /is not a duration/],
  [['--sha', SHA, '--settle', '10s10s'], /--settle 10s10s is not a duration/],
  [['--sha', SHA, '--settle', '99999999999999d'], /longer than 24 days/],
  [['--source', 'fs', '--verdict', '--no-verdict'], /exclude each other/],
  [['--sha', SHA, '--no-verdict'], /--sha is a wait for a verdict/],
] as const) {
  test(`${args.join(' ')} is refused`, () => {
    assert.throws(() => parse(...args, '--repo', 'o/r'), reason);
  });
}
