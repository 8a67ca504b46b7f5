/** `waitbus wait --sha` against an API: no verdict of part of the facts, and none of yesterday's. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { waitFor } from 'waitbus';
import { assertExit, jsonLines } from '../cli/verbs.js';
import { McpClient } from '../mcp/mcp-client.js';
import { GithubWorld, REPO, runOf, SHA } from '../support/github-world.js';

for (const latencyMs of [0, 400]) {
  test(`a failure among runs that were over before anybody waited is one, at ${latencyMs} ms`, async () => {
    await using world = await GithubWorld.open();
    world.api.latencyMs = latencyMs;
    world.put(
      runOf(901, 'Lint', 'success'),
      runOf(902, 'Tests', 'failure'),
      runOf(903, 'Deploy', 'success'),
    );
    assertExit(await world.wait('--sha', SHA), 1);
    await using mcp = await McpClient.connect(world.box);
    const asked = await mcp.call('query_ci', { sha: SHA, repo: REPO });
    assert.equal((asked.data as { outcome: string }).outcome, 'failure', asked.text);
    const frames = await waitFor({ sha: SHA, repo: REPO, paths: world.box.paths });
    assert.deepEqual(
      frames.map(({ fields }) => fields['conclusion']),
      ['success', 'failure', 'success'],
    );
  });
}

test('a failure on the second page of runs is one', async () => {
  await using world = await GithubWorld.open();
  world.put(runOf(1, 'Tests', 'failure'));
  for (let id = 2; id <= 150; id += 1) world.put(runOf(id, `W${id}`, 'success'));
  assertExit(await world.wait('--sha', SHA), 1);
});

test('hundreds of workflows that passed are a success, of all of them', async () => {
  await using world = await GithubWorld.open();
  for (let id = 1; id <= 330; id += 1) world.put(runOf(id, `W${id}`, 'success'));
  const ended = await world.wait('--sha', SHA, '--json');
  assertExit(ended, 0);
  assert.equal(jsonLines(ended.stdout).length, 330);
});

test('a run that comes between two pages is not missed', async () => {
  await using world = await GithubWorld.open();
  for (let id = 1; id <= 150; id += 1) world.put(runOf(id, `W${id}`, 'success'));
  world.api.onAsked = ({ path }) => {
    if (path.includes('page=2')) world.put(runOf(999, 'Tests', 'failure'));
  };
  assertExit(await world.wait('--sha', SHA), 1);
});

test('a verdict of before is not that of a re-run', async () => {
  await using world = await GithubWorld.open();
  world.put(runOf(701, 'Tests', 'failure'));
  assertExit(await world.wait('--sha', SHA), 1);
  world.put({ ...runOf(701, 'Tests', 'in_progress'), run_attempt: 2 });
  const wait = world.waiting('--sha', SHA);
  await wait.says(/waiting for .*Tests \(run 701, attempt 2, in_progress\)/);
  world.put({ ...runOf(701, 'Tests', 'success'), run_attempt: 2 });
  assertExit(await wait.ended, 0);
});

test('the verdict is that of the re-run which its command starts', async () => {
  await using world = await GithubWorld.open();
  world.put(runOf(701, 'Tests', 'failure'));
  assertExit(await world.wait('--sha', SHA), 1);
  world.api.onAsked = ({ path }) => {
    if (path === '/rerun') world.put({ ...runOf(701, 'Tests', 'in_progress'), run_attempt: 2 });
  };
  const rerun = `fetch(${JSON.stringify(`${world.api.url}/rerun`)})`;
  const wait = world.waiting('--sha', SHA, '--', process.execPath, '-e', rerun);
  await wait.says(/waiting for .*attempt 2, in_progress/);
  world.put({ ...runOf(701, 'Tests', 'success'), run_attempt: 2 });
  assertExit(await wait.ended, 0);
});

test('waitFor: the verdict is of what GitHub says once onArmed is done', async () => {
  await using world = await GithubWorld.open();
  world.put(runOf(701, 'Tests', 'failure'));
  assertExit(await world.wait('--sha', SHA), 1);
  const onArmed = async () => {
    await Promise.resolve();
    world.put({ ...runOf(701, 'Tests', 'success'), run_attempt: 2 });
  };
  const frames = await waitFor({ sha: SHA, repo: REPO, paths: world.box.paths, onArmed });
  assert.deepEqual(
    frames.map(({ fields }) => [fields['run_attempt'], fields['conclusion']]),
    [[2, 'success']],
  );
});

test('what the log has is no verdict while GitHub has a run that goes on', async () => {
  await using world = await GithubWorld.open();
  world.put(runOf(1, 'Lint', 'success'));
  assertExit(await world.wait('--sha', SHA), 0);
  world.put(runOf(2, 'Tests', 'in_progress'));
  const wait = world.waiting('--sha', SHA);
  await wait.says(/waiting for .*Tests \(run 2, in_progress\)/);
  world.put(runOf(2, 'Tests', 'failure'));
  assertExit(await wait.ended, 1);
});

test('of a workflow the newest run counts, and one that was cancelled and replaced is no failure', async () => {
  await using world = await GithubWorld.open();
  world.put(
    runOf(1, 'Tests', 'failure'),
    runOf(2, 'Tests', 'success'),
    { ...runOf(3, 'Build', 'cancelled') },
    { ...runOf(4, 'Build', 'success'), event: 'pull_request' },
  );
  assertExit(await world.wait('--sha', SHA), 0);
  world.put(runOf(5, 'Build', 'cancelled'));
  assertExit(await world.wait('--sha', SHA), 1);
});

test('a run that no push caused counts only where its workflow is named, by name or file', async () => {
  await using world = await GithubWorld.open();
  world.put(runOf(1, 'CI', 'success'), { ...runOf(2, 'Nightly', 'failure'), event: 'schedule' });
  assertExit(await world.wait('--sha', SHA), 0);
  for (const name of ['Nightly', 'nightly.yml', '.github/workflows/nightly.yml']) {
    assertExit(await world.wait('--sha', SHA, '--workflow', name), 1);
  }
  assertExit(await world.wait('--sha', SHA, '--workflow', 'ci.yml'), 0);
  const none = await world.wait('--sha', SHA, '--workflow', 'none.yml', '--timeout', '2s');
  assertExit(none, 124);
});

test('all skipped is a success', async () => {
  await using world = await GithubWorld.open();
  world.put(runOf(1, 'CI', 'skipped'), runOf(2, 'Docs', 'skipped'));
  assertExit(await world.wait('--sha', SHA), 0);
});

test('a workflow that registers while the others settle is not missed', async () => {
  await using world = await GithubWorld.open();
  let asked = 0;
  world.api.onAsked = () => {
    asked += 1;
    if (asked === 1) world.put(runOf(1, 'Lint', 'success', 0));
    else world.put(runOf(2, 'Tests', 'failure', 0));
  };
  assertExit(await world.wait('--sha', SHA), 1);
  assert.equal(asked, 2);
});

test('a success stands once nothing has changed for --settle', async () => {
  await using world = await GithubWorld.open();
  world.put(runOf(1, 'Lint', 'success', 0));
  assertExit(await world.wait('--sha', SHA, '--settle', '3s'), 0);
  world.put(runOf(1, 'Lint', 'success', -30));
  assertExit(await world.wait('--sha', SHA, '--settle', '0'), 0);
  assertExit(await world.wait('--sha', SHA, '--timeout', '2s'), 124);
});

test('the beginning of a commit is enough, also of one that is older than the newest hundred runs', async () => {
  await using world = await GithubWorld.open();
  world.put(runOf(1, 'CI', 'failure'));
  for (let id = 2; id <= 130; id += 1) {
    world.put({ ...runOf(id, 'CI', 'success'), head_sha: String(id).padStart(40, '0') });
  }
  world.api.commits.set(REPO, [SHA]);
  assertExit(await world.wait('--sha', SHA.slice(0, 9)), 1);
});

test('twelve runs are one question: jobs are asked for only where somebody waits for jobs', async (t) => {
  await using world = await GithubWorld.open();
  world.api.latencyMs = 400;
  for (let id = 1; id <= 12; id += 1) world.put(runOf(id, `W${id}`, 'success'));
  const begin = performance.now();
  assertExit(await world.wait('--sha', SHA), 0);
  t.diagnostic(
    `a verdict after ${Math.round(performance.now() - begin)} ms, the daemon's start included`,
  );
  assert.deepEqual(
    world.api.asked.map(({ path }) => path),
    [`/repos/${REPO}/actions/runs?head_sha=${SHA}&per_page=100`],
  );
  for (let id = 1; id <= 12; id += 1) {
    const job = { id: id + 100, run_id: id, head_sha: SHA };
    world.api.putJob({ ...job, status: 'completed', conclusion: 'failure' });
  }
  const match = ['--match', `fields.head_sha^="${SHA}"`, '--match', 'event_type="workflow_job"'];
  assertExit(await world.wait('--source', 'github', ...match, '--count', '12'), 1);
});
