/** Polling a repository from the configuration: what is told, what it costs, and what it survives. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { SourceEvent } from '@waitbus/plugin-sdk';
import { ActionsApi, type Fault } from '../support/actions-api.js';
import { GithubStage, type Begin } from '../support/github-stage.js';

const REPO = 'acme/app';
const SHA = '7f3a1b2c'.padEnd(40, '0');
const TOKEN = 'ghp_of-the-test';

async function open(config: object = {}, more: Begin = {}) {
  const api = await ActionsApi.start();
  api.runs.set(REPO, []);
  const stage = new GithubStage();
  const begin = () =>
    stage.begin({
      secrets: { 'github-token': TOKEN },
      ...more,
      config: { apiUrl: api.url, poll: { repos: [REPO], interval: '1s' }, ...config },
    });
  return {
    api,
    stage,
    begin,
    async [Symbol.asyncDispose]() {
      await stage[Symbol.asyncDispose]();
      await api[Symbol.asyncDispose]();
    },
  };
}

const told = (events: readonly SourceEvent[]) => events.map(gist);

function gist({ event_type: type, fields = {} }: SourceEvent): string {
  const id = type === 'workflow_run' ? fields['run_id'] : fields['job_id'];
  const how = (fields['conclusion'] ?? fields['status']) as string;
  return `${type === 'workflow_run' ? 'run' : 'job'} ${id as number} ${how}`;
}

test('each change of a run and its jobs is told once; what was over before is not', async () => {
  await using world = await open();
  const { api, stage } = world;
  api.put(REPO, { id: 1, head_sha: SHA, status: 'completed', conclusion: 'failure' });
  api.put(REPO, { id: 2, head_sha: SHA, status: 'queued' });
  const source = await (await world.begin()).ready();
  await source.until(() => stage.events.length >= 1);
  api.put(REPO, { id: 2, head_sha: SHA, status: 'in_progress' });
  await source.until(() => stage.events.length >= 2);
  api.putJob({ id: 21, run_id: 2, status: 'in_progress', name: 'build' });
  await source.until(() => stage.events.length >= 3);
  // A job may change where the list of runs does not.
  api.putJob({ id: 21, run_id: 2, status: 'completed', conclusion: 'success', name: 'build' });
  await source.until(() => stage.events.length >= 4);
  api.put(REPO, { id: 2, head_sha: SHA, status: 'completed', conclusion: 'success' });
  await source.until(() => stage.events.length >= 5);
  assert.deepEqual(told(stage.events), [
    'run 2 queued',
    'run 2 in_progress',
    'job 21 in_progress',
    'job 21 success',
    'run 2 success',
  ]);
  const { owner, repo, ingest_method: method } = stage.events[0] as SourceEvent;
  assert.deepEqual([owner, repo, method], ['acme', 'app', 'poll']);
  assert.deepEqual(
    new Set(api.asked.map((one) => one.authorization)),
    new Set([`Bearer ${TOKEN}`]),
  );
});

test('while nothing changes, every answer is 304 and nothing counts', async () => {
  await using world = await open();
  const { api, stage } = world;
  api.put(REPO, { id: 2, head_sha: SHA, status: 'in_progress' });
  api.putJob({ id: 21, run_id: 2, status: 'in_progress' });
  const source = await (await world.begin()).ready();
  await source.until(() => stage.events.length === 2);
  const { counted } = api;
  assert.equal(counted, 2, 'one for the runs, one for the jobs');
  await api.more(4);
  assert.deepEqual([api.counted, api.of(304).length >= 4], [counted, true]);
});

test('a run that the list has no room for any more is still followed', async () => {
  await using world = await open();
  const { api, stage } = world;
  api.put(REPO, { id: 1, head_sha: SHA, status: 'in_progress' });
  const source = await (await world.begin()).ready();
  await source.until(() => stage.events.length === 1);
  for (let id = 2; id <= 120; id += 1) {
    api.put(REPO, { id, head_sha: SHA, status: 'completed', conclusion: 'success' });
  }
  api.put(REPO, { id: 1, head_sha: SHA, status: 'completed', conclusion: 'failure' });
  await source.until(() => told(stage.events).includes('run 1 failure'));
});

test('jobs beyond the first page are told', async () => {
  await using world = await open();
  const { api, stage } = world;
  api.put(REPO, { id: 1, head_sha: SHA, status: 'in_progress' });
  for (let id = 1; id <= 201; id += 1) api.putJob({ id, run_id: 1, status: 'queued' });
  const source = await (await world.begin()).ready();
  await source.until(() => stage.events.length === 202);
});

test('killed and started again, it goes on from its ETag and tells nothing twice', async () => {
  await using world = await open();
  const { api, stage } = world;
  api.put(REPO, { id: 1, head_sha: SHA, status: 'completed', conclusion: 'success' });
  api.put(REPO, { id: 2, head_sha: SHA, status: 'in_progress' });
  const first = await (await world.begin()).ready();
  await first.until(() => stage.events.length === 1);
  // It saves after a round, so the next round has begun by then.
  await api.more(3);
  await first.kill();
  const from = api.asked.length;
  const again = await (await world.begin()).ready();
  await api.until(() => api.asked.length > from);
  assert.match(api.asked[from]?.etag ?? '', /^"/);
  assert.equal(api.asked[from]?.status, 304);
  api.put(REPO, { id: 2, head_sha: SHA, status: 'completed', conclusion: 'failure' });
  api.put(REPO, { id: 3, head_sha: SHA, status: 'completed', conclusion: 'cancelled' });
  await again.until(() => stage.events.length >= 3);
  assert.deepEqual(told(stage.events), ['run 2 in_progress', 'run 2 failure', 'run 3 cancelled']);
  assert.equal(stage.committed.repeats, 0);
});

const FAULTS: Readonly<Record<string, readonly Fault[]>> = {
  'a 502': [{ status: 502, body: '<html>' }],
  'a 500 without a body': [{ status: 500, body: '' }],
  'a connection that is reset': ['reset'],
  'an answer that is cut short': ['cut'],
  'no JSON': [{ status: 200, body: '<html>nginx</html>' }],
  'JSON of something else': [{ status: 200, body: '{"message":"hello"}' }],
  'a list of no runs': [{ status: 200, body: '{"workflow_runs":[null,1,{"id":"x"},{"id":null}]}' }],
  'deep JSON': [{ status: 200, body: '['.repeat(1_000_000) }],
  'too much': [{ status: 200, body: ' '.repeat(17 * 1024 * 1024) }],
  'a redirect to another host': [{ status: 302, headers: { location: 'http://localhost:1/' } }],
  'a redirect in a circle': Array(4).fill({ status: 301, headers: { location: '/again' } }),
};

test('whatever answer comes in its place, the next round tells what happened', async (t) => {
  await using world = await open();
  const { api, stage } = world;
  const source = await (await world.begin()).ready();
  let id = 0;
  for (const [name, faults] of Object.entries(FAULTS)) {
    await t.test(name, async () => {
      id += 1;
      // A round went well meanwhile: the pause before the next is short again.
      const { length } = api.of(304);
      await api.until(() => api.of(304).length > length);
      api.faults.push(...faults);
      api.put(REPO, { id, head_sha: SHA, status: 'completed', conclusion: 'success' });
      await source.until(() => stage.events.length === id);
      assert.equal(api.faults.length, 0);
    });
  }
  assert.deepEqual(
    told(stage.events),
    Object.keys(FAULTS).map((_, at) => `run ${at + 1} success`),
  );
  assert.equal(source.failure, null);
});

test('an answer that never comes ends with the source, and does not keep it', async () => {
  await using world = await open();
  const { api } = world;
  api.faults.push('hang');
  const source = await (await world.begin()).ready();
  await source.until(() => api.asked.length === 1);
  assert.equal(await source.stop(), 'exit code 0');
});
