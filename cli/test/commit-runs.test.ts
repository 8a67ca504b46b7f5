/** The verdict of a commit's runs, against an oracle that looks at all events at once. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { check } from '../../test/support/property.js';
import { CommitRuns } from '../src/client/commit-runs.js';
import { CommitState } from '../src/client/commit-state.js';
import { requestFor } from '../src/client/goal.js';
import type { EventFrame } from '../src/client/stream.js';
import { parseWait } from '../src/commands/parse-wait.js';
import { exitCodeOfMatch } from '../src/commands/verdict.js';

type Told = Readonly<Record<string, string | number | bigint | null>>;

const SHA = '7f3a1b2c9d0e4f5a6b7c8d9e0f1a2b3c4d5e6f70';
let count = 0;
const frameOf = (fields: Told): EventFrame => ({
  kind: 'event',
  event_id: String(++count).padStart(26, '0'),
  event_type: 'workflow_run',
  owner: 'acme',
  repo: 'app',
  received_at: 0n,
  delivery_id: 'd',
  summary: '',
  fields: { event_type: 'workflow_run', head_sha: SHA, ...fields },
});

const VERDICTS = ['success', 'failure', 'cancelled', 'timed_out'];
const OVER = [...VERDICTS, 'skipped', 'neutral'];

const telling = fc
  .record({
    run_id: fc.constantFrom(1, 2, 9007199254740993n),
    run_attempt: fc.integer({ min: 1, max: 3 }),
    told: fc.oneof(
      fc
        .constantFrom('requested', 'queued', 'in_progress', 'waiting')
        .map((status) => ({ status })),
      fc
        .constantFrom(...OVER, 'action_required', 'stale')
        .map((conclusion) => ({ status: 'completed', conclusion })),
    ),
  })
  .map(({ told, ...ids }): Told => ({ workflow_name: `w${ids.run_id}`, ...ids, ...told }));

/** For each run: of its last attempt the last word that it is over, else the last word. */
function lastWords(events: readonly Told[]): readonly Told[] {
  return [...new Set(events.map((event) => event['run_id']))].map((id) => {
    const own = events.filter((event) => event['run_id'] === id);
    const last = Math.max(...own.map((event) => Number(event['run_attempt'])));
    const attempt = own.filter((event) => event['run_attempt'] === last);
    return attempt.findLast(isOver) ?? (attempt.at(-1) as Told);
  });
}

function isOver({ conclusion }: Told): boolean {
  return OVER.includes(String(conclusion));
}

test('property: after each event, in any order, runs stand as their last attempt left them', (t) => {
  check(
    t,
    fc.property(fc.array(telling, { maxLength: 25 }), (events) => {
      const runs = new CommitRuns();
      events.forEach((event, at) => {
        runs.take(frameOf(event));
        const words = lastWords(events.slice(0, at + 1));
        const verdict = words.some(({ conclusion }) => VERDICTS.includes(String(conclusion)));
        assert.equal(runs.isDecided, words.every(isOver) && verdict);
        assert.equal(runs.open.length, words.filter((word) => !isOver(word)).length);
        const kept = runs.frames.map(({ fields: { run_id: id, conclusion } }) => [id, conclusion]);
        const wanted = words.map(({ run_id: id, conclusion }) => [id, conclusion]);
        assert.deepEqual(new Set(kept.map(String)), new Set(wanted.map(String)));
      });
    }),
    { numRuns: 500 },
  );
});

test('property: order, repeats and late news change no verdict', (t) => {
  const history = fc.uniqueArray(telling, {
    maxLength: 12,
    // One word of each kind an attempt: what really happened.
    selector: ({ run_id: id, run_attempt: attempt, status }) => `${id} ${attempt} ${status}`,
  });
  check(
    t,
    fc.property(
      history.chain((events) =>
        fc.tuple(
          fc.constant(events),
          fc.shuffledSubarray([...events, ...events], { minLength: events.length * 2 }),
        ),
      ),
      ([events, shuffled]) => {
        fc.pre(lastWords(events).every(isOver));
        const verdictOf = (told: readonly Told[]) => {
          const runs = new CommitRuns();
          for (const event of told) runs.take(frameOf(event));
          return [runs.isDecided, exitCodeOfMatch(runs.frames, true)];
        };
        assert.deepEqual(verdictOf(shuffled), verdictOf(events));
      },
    ),
    { numRuns: 300 },
  );
});

test('--sha asks for the runs of a prefix in lower case, from the log first', () => {
  const plan = parseWait(['--sha', '7F3A1B2', '--repo', 'o/r', '--workflow', 'a "b"'], {
    cwd: '/w',
    now: 0,
  });
  assert.equal(plan.verdict, true);
  assert.equal(plan.since, '0'.repeat(26));
  assert.deepEqual(plan.filters, ['o/r']);
  assert.deepEqual(requestFor(plan.goal), {
    sources: ['github'],
    match: [
      'fields.event_type="workflow_run"',
      'fields.head_sha^="7f3a1b2"',
      'fields.workflow_name="a \\"b\\""',
    ],
  });
});

const OPEN = { run_id: 1, workflow_name: 'ci', status: 'in_progress' };
const FAILED = { ...OPEN, status: 'completed', conclusion: 'failure' };

test('nothing is decided before the log is replayed, nor again after', () => {
  const state = new CommitState({ mode: 'commit', sha: SHA, workflow: null });
  state.receive({ kind: 'subscribe_ack', caught_up_at: '0', head: '0' });
  assert.deepEqual(state.receive(frameOf(FAILED)), []);
  assert.deepEqual(state.receive(frameOf({ ...OPEN, run_attempt: 2 })), []);
  assert.deepEqual(state.receive({ kind: 'caught_up', head: '0' }), []);
  assert.deepEqual(state.outstanding(), [`--sha ${SHA}: ci (run 1, attempt 2, in_progress)`]);
  const end = frameOf({ ...FAILED, run_attempt: 2, conclusion: 'success' });
  assert.deepEqual(state.receive(end), [end]);
  assert.equal(state.done, true);
  assert.deepEqual(state.receive(frameOf({ ...OPEN, run_attempt: 3 })), []);
  assert.deepEqual(state.matched, [end]);
});

test('a lost connection makes it replay again before it decides', () => {
  const state = new CommitState({ mode: 'commit', sha: SHA, workflow: null });
  state.receive({ kind: 'subscribe_ack', caught_up_at: '0', head: '0' });
  state.receive({ kind: 'caught_up', head: '0' });
  state.receive(frameOf(OPEN));
  state.receive({ kind: 'subscribe_ack', caught_up_at: '9', head: '9' });
  assert.deepEqual(state.receive(frameOf(FAILED)), []);
  assert.equal(state.receive({ kind: 'caught_up', head: '9' }).length, 1);
});

for (const [what, fields, line] of [
  ['has no name', { run_id: 7, status: 'queued' }, 'a workflow (run 7, queued)'],
  ['has no id', { workflow_name: 'ci', status: 'queued' }, 'ci (queued)'],
  [
    'waits for a person',
    { ...FAILED, conclusion: 'action_required' },
    'ci (run 1, action_required)',
  ],
  ['has an id beyond 2^53', { ...OPEN, run_id: 2n ** 60n }, `ci (run ${2n ** 60n}, in_progress)`],
  ['names an older conclusion', { ...FAILED, status: 'queued' }, 'ci (run 1, queued)'],
] as const) {
  test(`a run that ${what} is open, and said in one line`, () => {
    const runs = new CommitRuns();
    runs.take(frameOf(fields));
    assert.equal(runs.isDecided, false);
    assert.deepEqual(runs.open, [line]);
  });
}

test('a run without an id goes by the name of its workflow; ids and repositories tell runs apart', () => {
  const runs = new CommitRuns();
  runs.take(frameOf({ workflow_name: 'ci', conclusion: 'failure' }));
  runs.take(frameOf({ workflow_name: 'ci', conclusion: 'success' }));
  assert.equal(exitCodeOfMatch(runs.frames, true), 0);
  assert.equal(runs.frames.length, 1);
  runs.take({ ...frameOf({ workflow_name: 'ci', conclusion: 'success' }), repo: 'other' });
  runs.take(frameOf({ run_id: 5, conclusion: 'success' }));
  runs.take(frameOf({ run_id: '5', conclusion: 'success' }));
  assert.equal(runs.frames.length, 3);
});
