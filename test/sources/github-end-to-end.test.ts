/** `waitbus wait --sha` with a real daemon: woken by a webhook, by polling alone, and by both at once. */
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { mkdirSync, writeFileSync } from 'node:fs';
import { createServer, type AddressInfo } from 'node:net';
import { join } from 'node:path';
import { test } from 'node:test';
import { armedWait, assertExit, jsonLines } from '../cli/verbs.js';
import { ActionsApi } from '../support/actions-api.js';
import { deliver, freePort, SECRET } from '../support/github-stage.js';
import { Sandbox } from '../support/sandbox.js';

const REPO = 'acme/app';
const SHA = '7f3a1b2c9d8e7f6a5b4c3d2e1f0a9b8c7d6e5f4a';
const WAIT = ['--repo', REPO, '--timeout', '2m'] as const;

function configure(box: Sandbox, github: object): void {
  mkdirSync(box.paths.configDir, { recursive: true });
  const file = join(box.paths.configDir, 'config.json');
  writeFileSync(file, JSON.stringify({ sources: { github } }));
}

async function grant(box: Sandbox, name: string, value: string): Promise<void> {
  assertExit(await box.run(['secret', 'set', name, '--for', 'github'], value), 0);
}

const runOf = (status: string, conclusion: string | null = null) => ({
  id: 30433642,
  run_attempt: 1,
  name: 'CI',
  head_sha: SHA,
  head_branch: 'main',
  status,
  conclusion,
});

async function tellRun(port: number, status: string, conclusion?: string) {
  const payload = {
    action: status,
    workflow_run: runOf(status, conclusion),
    repository: { full_name: REPO },
  };
  const { status: answered } = await deliver({ port, kind: 'workflow_run', payload });
  assert.equal(answered, 200);
}

async function runsInLog(box: Sandbox): Promise<readonly Record<string, unknown>[]> {
  const args = ['log', '--since', 'start', '--source', 'github', '--json'];
  return jsonLines((await box.run(args)).stdout);
}

test('a webhook wakes a wait on a commit, with the verdict as exit code', async () => {
  await using box = new Sandbox();
  const port = await freePort();
  configure(box, { webhook: { port } });
  await grant(box, 'github-webhook-secret', SECRET);
  const wait = await armedWait(box, '--sha', SHA.slice(0, 7).toUpperCase(), ...WAIT, '--json');
  await tellRun(port, 'queued');
  await tellRun(port, 'completed', 'failure');
  const ended = await wait.ended;
  assertExit(ended, 1);
  const frame = jsonLines(ended.stdout).at(-1) as { fields: Record<string, unknown> };
  assert.deepEqual([frame.fields['head_sha'], frame.fields['conclusion']], [SHA, 'failure']);
  assert.equal(frame.fields['ingest_method'], 'webhook');
});

test('with nothing but a token, polling wakes it, and its end is the end of polling', async () => {
  await using api = await ActionsApi.start();
  api.token = 'of-the-test';
  api.put(REPO, runOf('in_progress'));
  const env = { GITHUB_API_URL: api.url, GITHUB_TOKEN: api.token };
  await using box = new Sandbox(env);
  configure(box, { poll: { waitInterval: '1s' } });
  const wait = await armedWait(box, '--sha', SHA, ...WAIT);
  await api.until(() => api.of(200).length > 0);
  api.put(REPO, runOf('completed', 'success'));
  assertExit(await wait.ended, 0);
  assert.ok(api.asked.every(({ path }) => path.includes(`/repos/${REPO}/actions/runs`)));
  // What is in the log now is asked for again.
  assertExit(await box.run(['wait', '--sha', SHA, '--repo', REPO, '--timeout', '1m']), 0);
});

test('the same run by webhook and by polling is one event', async () => {
  await using api = await ActionsApi.start();
  api.put(REPO, runOf('queued'));
  await using box = new Sandbox({ GITHUB_API_URL: api.url });
  const port = await freePort();
  configure(box, { webhook: { port }, poll: { repos: [REPO], interval: '1s' } });
  await grant(box, 'github-webhook-secret', SECRET);
  await grant(box, 'github-token', 'of-the-test');
  const wait = await armedWait(box, '--sha', SHA, ...WAIT);
  await api.until(() => api.of(304).length > 0);
  await tellRun(port, 'queued');
  await tellRun(port, 'completed', 'success');
  assertExit(await wait.ended, 0);
  api.put(REPO, runOf('completed', 'success'));
  const { length } = api.of(200);
  await api.until(() => api.of(200).length > length);
  await api.more(2);
  const fields = (await runsInLog(box)).map((frame) => frame['fields'] as Record<string, unknown>);
  assert.deepEqual(
    fields.map(({ status, ingest_method: method }) => [status, method]),
    [
      ['queued', 'poll'],
      ['completed', 'webhook'],
    ],
  );
});

test('a port that is taken is told to whoever waits, with the setting to change', async () => {
  await using box = new Sandbox();
  const other = createServer().listen(0, '127.0.0.1');
  await once(other, 'listening');
  const { port } = other.address() as AddressInfo;
  configure(box, { webhook: { port } });
  await grant(box, 'github-webhook-secret', SECRET);
  const ended = await box.run(['wait', '--source', 'github', '--timeout', '2m']);
  other.close();
  assertExit(ended, 2);
  assert.match(ended.stderr, new RegExp(`port ${port} of 127\\.0\\.0\\.1 is in use`));
  assert.match(
    ended.stderr,
    /set another port, sources\.github\.webhook\.port, in the configuration/,
  );
});
