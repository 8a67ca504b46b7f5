/** Deliveries that tell of nothing are refused, and what was refused is shown with what mends it. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { gzipSync } from 'node:zlib';
import { deliver, freePort, GithubStage, SECRET, signature } from '../support/github-stage.js';

async function open() {
  const stage = new GithubStage();
  const port = await freePort();
  const source = await stage.begin({
    config: { webhook: { port } },
    secrets: { 'github-webhook-secret': SECRET },
  });
  await source.ready();
  return { stage, port, [Symbol.asyncDispose]: () => stage[Symbol.asyncDispose]() };
}

const repository = { full_name: 'octo/shop' };
const RUN = { id: 7, status: 'completed', conclusion: 'success' };

test('a delivery that does not say what happened is 400, and no row of unknowns', async () => {
  await using hook = await open();
  const { port, stage } = hook;
  const cases: [string, unknown][] = [
    ...[[], null, 'text', 7, {}].map((body): [string, unknown] => ['workflow_run', body]),
    ['workflow_run', { repository, workflow_run: [] }],
    ['workflow_run', { repository: [], workflow_run: RUN }],
    ['workflow_run', { repository, workflow_run: { ...RUN, actor: [] } }],
    ['workflow_run', { repository, workflow_run: {} }],
    ['workflow_job', { repository, workflow_job: [RUN] }],
    ['pull_request', { repository, pull_request: 'text' }],
    ['push', { repository }],
    ['release', { repository, release: null }],
    ['deployment_status', { repository }],
  ];
  for (const [kind, payload] of cases) {
    const { status } = await deliver({ port, kind, payload });
    assert.equal(status, 400, `${kind} ${JSON.stringify(payload)}`);
  }
  assert.equal(stage.events.length, 0);
});

test('two deliveries of a run without its attempt are two events, however often each is sent', async () => {
  await using hook = await open();
  const { port, stage } = hook;
  for (const [id, updated] of [
    ['first', 1],
    ['second', 2],
    ['second', 2],
    ['another', 1],
  ] as const) {
    const payload = { repository, workflow_run: { ...RUN, updated_at: updated } };
    const headers = { 'x-github-delivery': id };
    assert.equal((await deliver({ port, kind: 'workflow_run', payload, headers })).status, 200);
  }
  assert.equal(stage.events.length, 2);
  const attempt = { repository, workflow_run: { ...RUN, run_attempt: 1 } };
  for (const id of ['third', 'fourth']) {
    const headers = { 'x-github-delivery': id };
    await deliver({ port, kind: 'workflow_run', payload: attempt, headers });
  }
  assert.equal(stage.events.length, 3);
});

test('a compressed body is refused with 415', async () => {
  await using hook = await open();
  const body = gzipSync(JSON.stringify({ repository, workflow_run: RUN }));
  const { status } = await fetch(`http://127.0.0.1:${hook.port}/webhook`, {
    method: 'POST',
    headers: {
      'content-type': 'application/json',
      'content-encoding': 'gzip',
      'x-github-event': 'workflow_run',
      'x-hub-signature-256': signature(body, SECRET),
    },
    body,
  });
  assert.equal(status, 415);
});
