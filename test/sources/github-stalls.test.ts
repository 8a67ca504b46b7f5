/** A job that stays queued or in progress for too long is told once, whatever happens in between. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { ActionsApi } from '../support/actions-api.js';
import { deliver, freePort, GithubStage, SECRET } from '../support/github-stage.js';

const secrets = { 'github-webhook-secret': SECRET };
const repository = { full_name: 'acme/app' };

/** A delivery about a job, in the form that GitHub gives it. */
function jobPayload(id: number, status: string, more: object = {}) {
  const at = new Date().toISOString();
  const job = { id, run_id: 7, run_attempt: 1, status, name: 'build', workflow_name: 'CI' };
  return { workflow_job: { ...job, created_at: at, started_at: at, ...more }, repository };
}

test('a queued job that nothing takes is stalled, one that ends is not', async () => {
  await using stage = new GithubStage();
  const port = await freePort();
  const source = await stage.begin({ config: { webhook: { port }, stallAfter: '2s' }, secrets });
  await source.ready();
  const post = (payload: object) => deliver({ port, kind: 'workflow_job', payload });
  await post(jobPayload(1, 'queued'));
  await post(jobPayload(2, 'in_progress'));
  await post(jobPayload(2, 'completed', { conclusion: 'success' }));
  // GitHub does not promise to tell in order.
  await post(jobPayload(2, 'queued'));
  await post(jobPayload(3, 'waiting'));
  await post(jobPayload(4, 'in_progress'));
  await deliver({
    port,
    kind: 'workflow_run',
    payload: { workflow_run: { id: 8, status: 'completed', conclusion: 'cancelled' }, repository },
  });
  const stalled = () => stage.events.filter(({ fields }) => fields?.['status'] === 'stalled');
  await source.until(() => stalled().length === 2);
  assert.deepEqual(
    stalled().map(({ fields }) => [fields?.['job_id'], fields?.['stalled_in'], fields?.['run_id']]),
    [
      [1, 'queued', 7],
      [4, 'in_progress', 7],
    ],
  );
  const [first] = stalled();
  assert.equal(first?.summary, 'CI / build: queued for 0 min, stalled');
  assert.deepEqual([first?.owner, first?.repo], ['acme', 'app']);
  assert.equal(first?.fields?.['conclusion'], undefined);
});

test('the end of a run is the end of its jobs', async () => {
  await using stage = new GithubStage();
  const port = await freePort();
  const source = await stage.begin({ config: { webhook: { port }, stallAfter: '2s' }, secrets });
  await source.ready();
  await deliver({ port, kind: 'workflow_job', payload: jobPayload(1, 'in_progress') });
  const run = { id: 7, run_attempt: 1, status: 'completed', conclusion: 'cancelled' };
  await deliver({ port, kind: 'workflow_run', payload: { workflow_run: run, repository } });
  await deliver({ port, kind: 'workflow_job', payload: jobPayload(5, 'queued', { run_id: 9 }) });
  await source.until(() => stage.events.some(({ fields }) => fields?.['status'] === 'stalled'));
  const of = stage.events.filter(({ fields }) => fields?.['status'] === 'stalled');
  assert.deepEqual(
    of.map(({ fields }) => fields?.['job_id']),
    [5],
  );
});

test('killed and started again, it knows what is open and what it has told', async () => {
  await using stage = new GithubStage();
  const begin = async (stallAfter: string) => {
    const port = await freePort();
    const source = await stage.begin({ config: { webhook: { port }, stallAfter }, secrets });
    await source.ready();
    return { source, post: (payload: object) => deliver({ port, kind: 'workflow_job', payload }) };
  };
  const first = await begin('1h');
  await first.post(jobPayload(1, 'in_progress'));
  // What it writes of one delivery is written before it answers the next.
  await first.post(jobPayload(2, 'completed', { conclusion: 'success' }));
  await first.source.kill();
  const stalled = () => stage.events.filter(({ fields }) => fields?.['status'] === 'stalled');
  const second = await begin('1s');
  await second.source.until(() => stalled().length === 1);
  assert.equal(stalled()[0]?.fields?.['job_id'], 1);
  await second.post(jobPayload(3, 'completed', { conclusion: 'success' }));
  await second.source.kill();
  const third = await begin('1s');
  await third.post(jobPayload(4, 'queued'));
  await third.source.until(() => stalled().length === 2);
  assert.deepEqual([stalled()[1]?.fields?.['job_id'], stage.committed.repeats], [4, 0]);
});

test('a job that polling found is told as well, by when GitHub says that it began', async () => {
  await using api = await ActionsApi.start();
  await using stage = new GithubStage();
  const head_sha = 'a'.repeat(40);
  api.put('acme/app', { id: 7, head_sha, status: 'in_progress' });
  const ago = (minutes: number) => new Date(Date.now() - minutes * 60_000).toISOString();
  api.putJob({ id: 71, run_id: 7, status: 'in_progress', started_at: ago(61), head_sha });
  api.putJob({ id: 72, run_id: 7, status: 'in_progress', started_at: ago(59), head_sha });
  const poll = { repos: ['acme/app'] };
  const source = await stage.begin({ config: { apiUrl: api.url, poll } });
  const stalled = () => stage.events.filter(({ fields }) => fields?.['status'] === 'stalled');
  await source.until(() => stalled().length > 0 && stage.events.length === 4);
  assert.deepEqual(
    stalled().map(({ summary, fields }) => [summary, fields?.['head_sha']]),
    [['job: in_progress for 61 min, stalled', head_sha]],
  );
});
