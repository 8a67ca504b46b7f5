/** `waitbus wait --pr`: the verdict on the head of a pull request, as it is pushed to. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { assertExit, jsonLines } from '../cli/verbs.js';
import { GithubWorld, REPO, runOf, SHA } from '../support/github-world.js';

const NEXT = '1c0ffee0'.padEnd(40, '0');

test('the head is followed over a push', async () => {
  await using world = await GithubWorld.open();
  world.api.pulls.set(`${REPO}#7`, SHA);
  world.put(runOf(1, 'CI', 'in_progress'));
  const wait = world.waiting('--pr', '7', '--json');
  await wait.says(/waiting for --pr 7: CI \(run 1, in_progress\)/);
  world.api.pulls.set(`${REPO}#7`, NEXT);
  world.put(runOf(1, 'CI', 'failure'), { ...runOf(2, 'CI', 'in_progress'), head_sha: NEXT });
  await wait.says(/waiting for --pr 7: CI \(run 2, in_progress\)/);
  world.put({ ...runOf(2, 'CI', 'success'), head_sha: NEXT });
  const ended = await wait.ended;
  assertExit(ended, 0);
  const [note] = jsonLines(ended.stdout) as { data?: { number: number; shas: string[] } }[];
  assert.deepEqual([note?.data?.number, note?.data?.shas], [7, [NEXT]]);
});

test('of several, all have to be green, one that fails ends it, and --any takes the first', async () => {
  await using world = await GithubWorld.open();
  world.api.pulls.set(`${REPO}#7`, SHA);
  world.api.pulls.set(`${REPO}#9`, NEXT);
  world.put(runOf(1, 'CI', 'success'), { ...runOf(2, 'CI', 'in_progress'), head_sha: NEXT });
  assertExit(await world.wait('--pr', '7', '--pr', '9', '--any'), 0);
  const wait = world.waiting('--pr', '7', '--pr', '9');
  await wait.says(/waiting for --pr 9: CI/);
  world.put({ ...runOf(2, 'CI', 'failure'), head_sha: NEXT });
  assertExit(await wait.ended, 1);
  assertExit(await world.wait('--pr', '7'), 0);
});

test('one that is not there is said, and waited for', async () => {
  await using world = await GithubWorld.open();
  const wait = world.waiting('--pr', '8');
  await wait.says(/#8 of acme\/app is not there, or the token .* \(404 Not Found\)/);
  await wait.says(/waitbus: waiting for --pr 8/);
});
