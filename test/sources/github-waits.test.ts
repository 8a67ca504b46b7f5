/** Polling for a commit that somebody waits for: when it begins, what it asks and tells, when it ends. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Listed } from '../support/roll.js';
import { ActionsApi } from '../support/actions-api.js';
import { deliver, freePort, GithubStage, SECRET } from '../support/github-stage.js';

const REPO = 'acme/app';
const SHA = '7f3a1b2c9d8e7f6a5b4c3d2e1f0a9b8c7d6e5f4a';
const OTHER = '1c0ffee0'.padEnd(40, '0');

/** As `waitbus wait --sha` is told to a source. */
const waiterFor = (sha: string, repo = REPO): Listed => ({
  cwd: null,
  filters: [repo],
  anyOf: [[{ key: 'fields.head_sha', op: '^=', value: sha }]],
});

async function open(secrets: Readonly<Record<string, string>> = { 'github-token': 't' }) {
  const api = await ActionsApi.start();
  api.runs.set(REPO, []);
  const stage = new GithubStage();
  const port = await freePort();
  const config = { apiUrl: api.url, webhook: { port }, poll: { waitInterval: '1s' } };
  const source = await stage.begin({ config, secrets });
  await source.ready();
  return {
    api,
    stage,
    source,
    port,
    async [Symbol.asyncDispose]() {
      await stage[Symbol.asyncDispose]();
      await api[Symbol.asyncDispose]();
    },
  };
}

test('of a full commit its runs are asked for, and those not over are told first', async () => {
  await using world = await open();
  const { api, stage, source } = world;
  api.put(REPO, { id: 1, head_sha: SHA, status: 'completed', conclusion: 'success', name: 'lint' });
  api.put(REPO, { id: 2, head_sha: SHA, status: 'in_progress', name: 'test' });
  api.put(REPO, { id: 3, head_sha: OTHER, status: 'completed', conclusion: 'failure' });
  api.putJob({ id: 21, run_id: 2, status: 'in_progress' });
  api.putJob({ id: 11, run_id: 1, status: 'completed', conclusion: 'success' });
  assert.equal(api.asked.length, 0, 'nobody waits');
  source.tellWaiters([waiterFor(SHA)]);
  await source.until(() => stage.events.length >= 4);
  assert.equal(api.asked[0]?.path, `/repos/${REPO}/actions/runs?head_sha=${SHA}&per_page=100`);
  assert.deepEqual(
    stage.events.map(({ fields }) => fields?.['job_id'] ?? `run ${fields?.['run_id'] as number}`),
    ['run 2', 21, 11, 'run 1'],
  );
  api.put(REPO, { id: 2, head_sha: SHA, status: 'completed', conclusion: 'failure', name: 'test' });
  await source.until(() => stage.events.length >= 5);
  assert.equal(stage.events[4]?.fields?.['conclusion'], 'failure');
});

test('of the beginning of a commit the runs are found among the newest', async () => {
  await using world = await open();
  const { api, stage, source } = world;
  api.put(REPO, { id: 1, head_sha: SHA, status: 'completed', conclusion: 'cancelled' });
  api.put(REPO, { id: 2, head_sha: OTHER, status: 'completed', conclusion: 'success' });
  source.tellWaiters([waiterFor(SHA.slice(0, 7))]);
  await source.until(() => stage.events.length === 1);
  await api.more(2);
  assert.deepEqual(
    stage.events.map(({ fields }) => fields?.['head_sha']),
    [SHA],
  );
});

test('it ends when nobody waits any more, and begins again', async () => {
  await using world = await open();
  const { api, source } = world;
  source.tellWaiters([waiterFor(SHA), waiterFor(OTHER)]);
  await api.more(2);
  source.tellWaiters([waiterFor(OTHER)]);
  await source.until(() => source.described.at(-1)?.includes('polls 1c0ffee of acme/app') === true);
  const { length } = api.asked;
  await api.more(3);
  const since = api.asked.slice(length + 1).map(({ path }) => path);
  assert.ok(since.length >= 2 && since.every((path) => path.includes(OTHER)), since.join('\n'));
  source.tellWaiters([]);
  await source.until(() => source.described.at(-1)?.includes('polls') === false);
  source.tellWaiters([waiterFor(SHA)]);
  await api.until(() => api.asked.at(-1)?.path.includes(SHA) === true);
});

test('once a webhook tells of runs of the repository, it is polled rarely', async () => {
  await using world = await open({ 'github-token': 't', 'github-webhook-secret': SECRET });
  const { api, stage, source, port } = world;
  source.tellWaiters([waiterFor(SHA)]);
  await api.more(1);
  const run = { id: 5, head_sha: SHA, status: 'queued', run_attempt: 1, name: 'test' };
  api.put(REPO, run);
  const repository = { full_name: REPO };
  const payload = { workflow_run: run, repository };
  assert.equal((await deliver({ port, kind: 'workflow_run', payload })).status, 200);
  // Another repository is polled as before, and shows that time has passed.
  api.runs.set('acme/other', []);
  const { length } = api.asked;
  source.tellWaiters([waiterFor(SHA), waiterFor(SHA, 'acme/other')]);
  await api.until(() => api.asked.slice(length).filter(isOther).length >= 3);
  const theirs = api.asked.slice(length).filter((one) => !isOther(one));
  assert.ok(theirs.length <= 2, theirs.map(({ path }) => path).join('\n'));
  assert.equal(stage.events.length, 1);
});

test('a run that both ways see is one event, whichever is first', async () => {
  await using world = await open({ 'github-token': 't', 'github-webhook-secret': SECRET });
  const { api, stage, source, port } = world;
  const run = { id: 5, head_sha: SHA, status: 'completed', conclusion: 'success', run_attempt: 2 };
  const job = { id: 51, run_id: 5, status: 'completed', conclusion: 'success', run_attempt: 2 };
  api.put(REPO, run);
  api.putJob(job);
  source.tellWaiters([waiterFor(SHA)]);
  await source.until(() => stage.events.length === 2);
  // GitHub writes the name of the repository in full.
  const repository = { name: 'app', full_name: REPO, owner: { login: 'acme' } };
  const by = (kind: string, what: object) =>
    deliver({ port, kind, payload: { action: 'completed', [kind]: what, repository } });
  const answers = [await by('workflow_run', run), await by('workflow_job', job)];
  assert.deepEqual(
    answers.map(({ status, body }) => [status, body['inserted']]),
    [
      [200, false],
      [200, false],
    ],
  );
  assert.equal(stage.events.length, 2);
  assert.equal((await by('workflow_run', { ...run, run_attempt: 3 })).body['inserted'], true);
});

test('without a token, public repositories are asked for runs only, and less often', async () => {
  await using world = await open({});
  const { api, stage, source } = world;
  api.put(REPO, { id: 1, head_sha: SHA, status: 'in_progress' });
  api.putJob({ id: 11, run_id: 1, status: 'in_progress' });
  source.tellWaiters([waiterFor(SHA)]);
  await api.more(1);
  const begin = performance.now();
  await api.more(1);
  assert.ok(performance.now() - begin > 4000, `${performance.now() - begin} ms`);
  assert.ok(api.asked.every(({ path, authorization: a }) => !/jobs/.test(path) && a === undefined));
  assert.equal(stage.events.length, 1);
});

function isOther({ path }: { readonly path: string }): boolean {
  return path.includes('acme/other');
}
