/** What a waiter is told of a round, and of what keeps it from one: pure. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { explain, GRANT, oneLine } from '../src/poll/setback.js';
import { gistOf, isOverAll, newestRuns, roundNotes, type Round } from '../src/rounds/round.js';
import { waitNotes, type Circumstances } from '../src/rounds/wait-notes.js';

const SHA = '7f3a1b2c9d8e7f6a5b4c3d2e1f0a9b8c7d6e5f4a';
const run = (id: number, more: object = {}) => ({
  id,
  name: `W${id}`,
  path: `.github/workflows/w${id}.yml@refs/heads/main`,
  event: 'push',
  status: 'completed',
  conclusion: 'success',
  updated_at: '2026-12-01T08:00:00Z',
  ...more,
});
const roundOf = (...runs: object[]): Round => ({
  repo: 'acme/app',
  askedAt: 1_800_000_000,
  shas: [SHA],
  runs: runs as Round['runs'],
});
const notesOf = (round: Round) => roundNotes('round', round, 1, () => 5);
type Data = Record<string, unknown> & { readonly runs: readonly Record<string, unknown>[] };
const dataOf = (round: Round) => notesOf(round).map(({ data }) => data as unknown as Data);

test('a round is told as its newest runs, with what decides of each', () => {
  const [data] = dataOf(roundOf(run(2), run(1, { name: 'W2', path: run(2).path })));
  assert.deepEqual(data?.runs, [
    {
      run_id: 2,
      run_attempt: 1,
      workflow_name: 'W2',
      workflow_path: '.github/workflows/w2.yml',
      event: 'push',
      status: 'completed',
      conclusion: 'success',
      updated_at: Date.parse('2026-12-01T08:00:00Z') / 1000,
    },
  ]);
  assert.deepEqual(
    [data['complete'], data['asked_at'], data['shas']],
    [true, 1_800_000_000, [SHA]],
  );
  const [unsaid] = dataOf(roundOf(run(1, { updated_at: undefined })));
  assert.equal(unsaid?.runs[0]?.['updated_at'], 5);
});

test('a large round is told in parts, none of which is larger than a note may be', () => {
  const notes = notesOf(roundOf(...Array.from({ length: 500 }, (_, id) => run(id))));
  assert.ok(notes.length > 1);
  assert.deepEqual(
    notes.slice(0, 2).map(({ code }) => code),
    ['round', 'round_2'],
  );
  const told = notes.flatMap(({ data }) => (data as unknown as Data).runs);
  assert.equal(told.length, 500);
  for (const { data } of notes) assert.ok(Buffer.byteLength(JSON.stringify(data)) <= 16 * 1024);
});

test('of one workflow a push and a pull request are two, and of each the newest is told', () => {
  const of = { name: 'CI', path: 'ci.yml' };
  const runs = [run(3, of), run(1, of), run(2, { ...of, event: 'pull_request' })];
  assert.deepEqual(
    newestRuns(runs).map(({ id }) => id),
    [3, 2],
  );
  assert.equal(isOverAll(roundOf(...runs, run(0, { ...of, status: 'queued' }))), true);
  assert.equal(isOverAll(roundOf(...runs, run(4, { ...of, status: 'queued' }))), false);
  assert.equal(isOverAll(roundOf()), false);
});

test('two rounds in which nothing differs are the same, in whatever order', () => {
  assert.equal(gistOf(roundOf(run(1), run(2))), gistOf(roundOf(run(2), run(1))));
  assert.notEqual(gistOf(roundOf(run(1))), gistOf(roundOf(run(1, { run_attempt: 2 }))));
});

const commits = [{ owner: 'acme', repo: 'app', sha: SHA }];
const codes = (more: Partial<Circumstances>) =>
  waitNotes({
    targets: { commits, pulls: [], wantsJobs: false, isAnywhere: false },
    troubles: [],
    token: { value: 't', from: 'gh' },
    env: null,
    observes: false,
    ...more,
  }).map(({ code }) => code);
const ELSEWHERE = { commits: [], pulls: [], wantsJobs: false, isAnywhere: false };
const refused = explain({ kind: 'refused', status: 401, reason: '' }, 'acme/app', null);
const down = explain({ kind: 'failed', reason: 'it is down' }, 'acme/app', null);

test('what a waiter is told', () => {
  assert.deepEqual(codes({}), []);
  assert.deepEqual(codes({ token: null }), ['no_token']);
  assert.deepEqual(codes({ token: null, troubles: [down] }), ['api']);
  assert.deepEqual(codes({ token: null, env: { GITHUB_TOKEN: 'x' } }), ['other_token']);
  assert.deepEqual(codes({ env: { GITHUB_TOKEN: 'x' } }), [], 'the other one serves');
  assert.deepEqual(codes({ env: { GITHUB_TOKEN: 'x' }, troubles: [down] }), ['api']);
  assert.deepEqual(codes({ env: { GITHUB_TOKEN: 'x' }, troubles: [refused] }), [
    'api',
    'other_token',
  ]);
  assert.deepEqual(codes({ env: { GITHUB_TOKEN: 't' }, troubles: [refused] }), ['api']);
  assert.deepEqual(codes({ targets: ELSEWHERE }), ['nothing_observed']);
  assert.deepEqual(codes({ targets: ELSEWHERE, observes: true, token: null }), []);
  assert.deepEqual(codes({ targets: { ...ELSEWHERE, isAnywhere: true } }), ['anywhere']);
});

test('a trouble is one line with the command that mends it', () => {
  assert.ok(oneLine(refused).endsWith(`give another: ${GRANT}`));
  const now = Date.parse('2026-12-01T08:00:30Z');
  const limited = explain({ kind: 'limited', waitMs: 60_000 }, 'acme/app', null, now);
  assert.match(oneLine(limited), /at 08:02 UTC; with a token it is far higher: waitbus secret/);
  assert.equal(oneLine(down), 'acme/app could not be polled and is tried again: it is down');
});
