/** Which commits are polled for whom: pure. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Condition, SourceEvent, Waiter } from '@waitbus/plugin-sdk';
import { Hearing } from '../src/hearing.js';
import { commitKey, pullKey, targetsOf } from '../src/poll/targets.js';
import { Births } from '../src/rounds/births.js';

const SHA = '7f3a1b2c9d8e7f6a5b4c3d2e1f0a9b8c7d6e5f4a';
const is = (key: string, op: Condition['op'], value: Condition['value']) => ({ key, op, value });
const waiter = (filters: readonly string[], ...anyOf: Condition[][]): Waiter => ({
  id: 1,
  cwd: null,
  filters,
  anyOf,
  env: null,
});
const keys = (one: Waiter) => targetsOf(one).commits.map(commitKey);

test('a wait on a commit of a named repository is a target, once', () => {
  const sha = [is('fields.head_sha', '^=', '7f3a1b2'), is('fields.conclusion', '=', 'success')];
  assert.deepEqual(keys(waiter(['acme/app'], sha, sha)), ['acme/app@7f3a1b2']);
  const full = waiter(['acme/app', 'acme/site'], [is('fields.head_sha', '=', SHA)]);
  assert.deepEqual(keys(full), [`acme/app@${SHA}`, `acme/site@${SHA}`]);
});

test('jobs are wanted where an event of one may match', () => {
  const sha = is('fields.head_sha', '^=', '7f3a1b2');
  const wants = (...conditions: Condition[]) =>
    targetsOf(waiter(['acme/app'], [sha, ...conditions])).wantsJobs;
  assert.equal(wants(), true);
  assert.equal(wants(is('fields.event_type', '=', 'workflow_job')), true);
  assert.equal(wants(is('event_type', '=', 'workflow_run')), false);
  assert.equal(targetsOf(waiter(['acme/app'], [])).wantsJobs, false);
});

test('a pull request is a target by its number, and nothing is one without a repository', () => {
  const pull = [is('fields.event_type', '=', 'pull_request'), is('fields.number', '=', 7)];
  const { pulls, isAnywhere } = targetsOf(waiter(['acme/app'], pull));
  assert.deepEqual([pulls.map(pullKey), isAnywhere], [['acme/app#7'], false]);
  assert.equal(targetsOf(waiter(['acme/*'], pull)).isAnywhere, true);
  assert.deepEqual(targetsOf(waiter(['acme/app'], [is('fields.number', '=', 7)])).pulls, []);
});

const delivery = (fields: Record<string, string | number>, run: object = {}): SourceEvent => ({
  event_type: 'workflow_run',
  owner: 'acme',
  repo: 'app',
  summary: '',
  fields: { head_sha: SHA, ...fields },
  payload: { workflow_run: { ...run } },
});

test('a commit is known from deliveries when the first of them is the beginning of its runs', () => {
  const knows = (...events: readonly SourceEvent[]) => {
    const births = new Births();
    for (const event of events) births.hear(event);
    return births.knows(`acme/app@${SHA}`);
  };
  const queued = delivery({ status: 'queued', run_attempt: 1 });
  const over = delivery({ status: 'completed', conclusion: 'success', run_attempt: 1 });
  assert.equal(knows(), false);
  assert.equal(knows(queued, over), true);
  assert.equal(knows(over, queued), false);
  assert.equal(knows(delivery({ status: 'in_progress', run_attempt: 1 })), false);
  assert.equal(knows(delivery({ status: 'queued', run_attempt: 2 })), false);
  const created_at = '2026-12-01T08:00:00Z';
  const of = (timestamp: string) =>
    delivery({ status: 'queued' }, { created_at, head_commit: { timestamp } });
  assert.equal(knows(of('2026-12-01T07:59:00Z')), true);
  // A tag on a commit of yesterday: its first runs were not heard.
  assert.equal(knows(of('2026-11-30T07:59:00Z')), false);
});

test('the beginning of a SHA is known when one commit has it', () => {
  const births = new Births();
  births.hear(delivery({ status: 'queued' }));
  assert.equal(births.knows('acme/app@7f3a1b2'), true);
  births.hear(delivery({ status: 'queued', head_sha: '7f3a1b2'.padEnd(40, '0') }));
  assert.equal(births.knows('acme/app@7f3a1b2'), false);
});

test('what names no repository, no commit or another source is none', () => {
  const sha = is('fields.head_sha', '^=', '7f3a1b2');
  for (const one of [
    waiter([], [sha]),
    waiter(['acme/*'], [sha]),
    waiter(['*'], [sha]),
    waiter(['acme/app'], []),
    waiter(['acme/app']),
    waiter(['acme/app'], [is('fields.head_sha', '!=', SHA)]),
    waiter(['acme/app'], [is('fields.head_sha', '*=', SHA)]),
    waiter(['acme/app'], [is('fields.head_branch', '=', SHA)]),
    ...['7F3A1B2', '7f3', `${SHA}0`, '../../x', '', null, 7, true].map((value) =>
      waiter(['acme/app'], [is('fields.head_sha', '^=', value)]),
    ),
    waiter(['acme/app'], [sha, is('fields.source', '=', 'pytest')]),
  ]) {
    assert.deepEqual(keys(one), [], JSON.stringify(one));
  }
  const either = waiter(['acme/app'], [is('fields.source', '=', 'pytest')], [sha]);
  assert.deepEqual(keys(either), ['acme/app@7f3a1b2']);
});

test('a webhook is taken to be alive for a day, over restarts', () => {
  const values = new Map<string, unknown>();
  const state = {
    get: (key: string) => values.get(key) as never,
    set: (key: string, value: unknown) => void values.set(key, structuredClone(value)),
  };
  const hour = 3_600_000;
  let now = 1000 * hour;
  const hearing = () => new Hearing(state, () => now);
  const first = hearing();
  assert.deepEqual(
    [first.hears('a/b'), first.hear('a/b'), first.hears('a/b')],
    [false, true, true],
  );
  assert.equal(first.hear('a/b'), false);
  now += 23 * hour;
  assert.equal(hearing().hears('a/b'), true);
  now += 2 * hour;
  const later = hearing();
  assert.deepEqual([later.hears('a/b'), later.hear('a/c'), later.hear('a/b')], [false, true, true]);
});
