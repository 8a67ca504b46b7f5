/** The verdict of a commit's runs, against an oracle that looks at all events at once. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { check } from '../../test/support/property.js';
import { CommitRuns } from '../src/client/commit-runs.js';
import type { EventFrame } from '../src/client/stream.js';

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

const ENDED = ['failure', 'cancelled', 'timed_out'];
const OVER = [...ENDED, 'success', 'skipped', 'neutral'];

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

function standingOf(words: readonly Told[]): string | null {
  const conclusions = words.map(({ conclusion }) => String(conclusion));
  if (conclusions.some((one) => ENDED.includes(one))) return 'failed';
  if (!words.every(isOver)) return 'open';
  return words.length === 0 ? null : 'passed';
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
        assert.equal(runs.standing, standingOf(words));
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
          return runs.standing;
        };
        assert.equal(verdictOf(shuffled), verdictOf(events));
      },
    ),
    { numRuns: 300 },
  );
});

const OPEN = { run_id: 1, workflow_name: 'ci', status: 'in_progress' };
const FAILED = { ...OPEN, status: 'completed', conclusion: 'failure' };

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
    assert.equal(runs.standing, 'open');
    assert.deepEqual(runs.open, [line]);
  });
}

test('a run without an id goes by the name of its workflow; ids and repositories tell runs apart', () => {
  const runs = new CommitRuns();
  runs.take(frameOf({ workflow_name: 'ci', conclusion: 'failure' }));
  runs.take(frameOf({ workflow_name: 'ci', conclusion: 'success' }));
  assert.equal(runs.standing, 'passed');
  assert.equal(runs.frames.length, 1);
  runs.take({ ...frameOf({ workflow_name: 'ci', conclusion: 'success' }), repo: 'other' });
  runs.take(frameOf({ run_id: 5, conclusion: 'success' }));
  runs.take(frameOf({ run_id: '5', conclusion: 'success' }));
  assert.equal(runs.frames.length, 3);
});

const ended = (run_id: number, conclusion: string, more: Told = {}) =>
  frameOf({ run_id, status: 'completed', conclusion, workflow_name: 'ci', ...more });

function standing(workflow: string | null, ...frames: readonly EventFrame[]): string | null {
  const runs = new CommitRuns(workflow);
  for (const frame of frames) runs.take(frame);
  return runs.standing;
}

test('of a workflow the newest run counts, in whatever order they are told', () => {
  assert.equal(standing(null, ended(1, 'failure'), ended(2, 'success')), 'passed');
  assert.equal(standing(null, ended(2, 'success'), ended(1, 'failure')), 'passed');
  assert.equal(standing(null, ended(1, 'success'), ended(2, 'failure')), 'failed');
  const open = frameOf({ ...OPEN, run_id: 3 });
  assert.equal(standing(null, open, ended(2, 'failure')), 'open');
});

test('two workflows of one name in two files are two, and one failure decides', () => {
  const first = { workflow_path: '.github/workflows/a.yml' };
  const second = { workflow_path: '.github/workflows/b.yml' };
  assert.equal(standing(null, ended(1, 'failure', first), ended(2, 'success', second)), 'failed');
  assert.equal(standing(null, ended(1, 'failure', first), ended(2, 'success', first)), 'passed');
  // An event of an older log does not name the file.
  assert.equal(standing(null, ended(1, 'failure'), ended(2, 'success', second)), 'passed');
});

test('a run of a push and one of a pull request are two, but for one that was replaced', () => {
  const push = { event: 'push' };
  const pull = { event: 'pull_request' };
  assert.equal(standing(null, ended(1, 'failure', push), ended(2, 'success', pull)), 'failed');
  assert.equal(standing(null, ended(1, 'cancelled', push), ended(2, 'success', pull)), 'passed');
  assert.equal(standing(null, ended(1, 'success', push), ended(2, 'cancelled', pull)), 'failed');
});

test('a run that no push caused counts only where its workflow is named', () => {
  const nightly = { event: 'schedule', workflow_name: 'nightly' };
  const frames = [ended(1, 'failure', nightly), ended(2, 'success', { event: 'push' })];
  assert.equal(standing(null, ...frames), 'passed');
  assert.equal(standing('nightly', ...frames), 'failed');
  for (const event of ['issues', 'issue_comment', 'workflow_dispatch', 'repository_dispatch']) {
    assert.equal(standing(null, ended(1, 'failure', { event })), null, event);
  }
  for (const event of ['push', 'pull_request', 'merge_group', 'workflow_run', 'of_next_year']) {
    assert.equal(standing(null, ended(1, 'failure', { event })), 'failed', event);
  }
});

test('a workflow is named by its name, its file or its path', () => {
  const of = { workflow_name: 'CI', workflow_path: '.github/workflows/ci.yml' };
  for (const name of ['CI', 'ci.yml', '.github/workflows/ci.yml']) {
    assert.equal(standing(name, ended(1, 'failure', of)), 'failed', name);
  }
  for (const name of ['ci', 'i.yml', 'ci.yaml', '']) {
    assert.equal(standing(name, ended(1, 'failure', of)), null, name);
  }
});
