/** Which commits are polled for whom: pure. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Condition, Waiter } from '@waitbus/plugin-sdk';
import { Hearing } from '../src/hearing.js';
import { commitKey, commitsOf } from '../src/poll/targets.js';

const SHA = '7f3a1b2c9d8e7f6a5b4c3d2e1f0a9b8c7d6e5f4a';
const is = (key: string, op: Condition['op'], value: Condition['value']) => ({ key, op, value });
const waiter = (filters: readonly string[], ...anyOf: Condition[][]): Waiter => ({
  id: 1,
  cwd: null,
  filters,
  anyOf,
  env: null,
});
const keys = (...waiters: Waiter[]) => commitsOf(waiters).map(commitKey);

test('a wait on a commit of a named repository is one target, however many wait', () => {
  const sha = [is('fields.head_sha', '^=', '7f3a1b2'), is('fields.conclusion', '=', 'success')];
  const one = waiter(['acme/app'], sha);
  assert.deepEqual(keys(one, one), ['acme/app@7f3a1b2']);
  const full = waiter(['acme/app', 'acme/site'], [is('fields.head_sha', '=', SHA)]);
  assert.deepEqual(keys(one, full), ['acme/app@7f3a1b2', `acme/app@${SHA}`, `acme/site@${SHA}`]);
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
