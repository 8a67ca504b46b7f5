/** What keeps GitHub from being asked is said while a wait is armed, with what to do; it goes on trying. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { assertExit } from '../cli/verbs.js';
import type { Fault } from '../support/actions-api.js';
import { deliver, freePort, SECRET } from '../support/github-stage.js';
import { GithubWorld, REPO, runOf, SHA, TOKEN } from '../support/github-world.js';

const GRANT = 'waitbus secret set github-token --for github';
const isJson = (message: string) => JSON.stringify({ message });

/** Waits until the wait is armed, and gives what was said until then. */
async function armed(world: GithubWorld, env: NodeJS.ProcessEnv = {}): Promise<string> {
  const args = ['wait', '--repo', REPO, '--sha', SHA, '--timeout', '1m'];
  const wait = world.box.waitbus(args, { env });
  return wait.says(/[^]*waitbus: waiting for.*/);
}

test('a token that is refused', async () => {
  await using world = await GithubWorld.open();
  world.api.token = 'another';
  const said = await armed(world);
  assert.ok(said.includes('does not take the token from GITHUB_TOKEN (401 Bad credentials)'), said);
  assert.ok(said.includes(GRANT), said);
  assert.ok(!said.includes('github is alive'), said);
});

const limited = {
  status: 403,
  headers: {
    'x-ratelimit-remaining': '0',
    'x-ratelimit-reset': String(Math.ceil(Date.now() / 1000) + 1800),
  },
};
const REFUSALS: readonly (readonly [string, Fault, RegExp])[] = [
  [
    'a token that may not read the runs',
    { status: 403, body: isJson('Resource not accessible by personal access token') },
    /may not read its actions \(403 Resource not accessible by personal access token\)/,
  ],
  [
    'a repository that is not there',
    { status: 404, body: isJson('Not Found') },
    /is not there, or the token .* \(404 Not Found\)/,
  ],
  [
    'a rate limit that is spent',
    limited,
    /until GitHub's rate limit allows more, at \d\d:\d\d UTC/,
  ],
];

for (const [what, fault, expected] of REFUSALS) {
  test(what, async () => {
    await using world = await GithubWorld.open();
    world.api.faults.push(fault);
    assert.match(await armed(world), expected);
  });
}

test('an API that is not reached, and then is', async () => {
  await using world = await GithubWorld.open();
  world.put(runOf(1, 'CI', 'failure'));
  world.api.faults.push('reset', 'reset');
  const wait = world.waiting('--sha', SHA);
  await wait.says(/acme\/app could not be polled and is tried again: /);
  assertExit(await wait.ended, 1);
});

test('no token, and a daemon that was started without that of this shell', async () => {
  await using world = await GithubWorld.open({ GITHUB_TOKEN: undefined });
  const none = await armed(world);
  assert.ok(none.includes('60 requests an hour'), none);
  assert.ok(none.includes(GRANT), none);
  const other = await armed(world, { GITHUB_TOKEN: 'of this shell' });
  assert.ok(other.includes('started without the GITHUB_TOKEN of this shell'), other);
  assert.ok(other.includes(`printenv GITHUB_TOKEN | ${GRANT}`), other);
});

test('source check asks GitHub once, and says what it answers', async () => {
  await using world = await GithubWorld.open();
  assertExit(await world.box.run(['source', 'check', 'github']), 0);
  assert.deepEqual(
    world.api.asked.map(({ path, authorization }) => [path, authorization]),
    [['/rate_limit', `Bearer ${TOKEN}`]],
  );
  await world.box.run(['stop']);
  world.api.token = 'another';
  const refused = await world.box.run(['source', 'check', 'github']);
  assertExit(refused, 1);
  assert.match(refused.stdout, /does not take the token from GITHUB_TOKEN/);
  assert.ok(refused.stdout.includes(GRANT), refused.stdout);
});

test('where GitHub refuses, the verdict is that of the log, and said to be', async () => {
  await using world = await GithubWorld.open();
  world.put(runOf(1, 'CI', 'success'));
  assertExit(await world.wait('--sha', SHA), 0);
  world.api.token = 'another';
  const ended = await world.wait('--sha', SHA);
  assertExit(ended, 0);
  assert.match(
    ended.stderr,
    /this is the log's verdict, \d+ s old: GitHub does not take the token/,
  );
});

test('where GitHub is not reached within ten seconds, it is the verdict of the log', async () => {
  await using world = await GithubWorld.open();
  world.put(runOf(1, 'CI', 'failure'));
  assertExit(await world.wait('--sha', SHA), 1);
  world.api.faults.push(...Array<Fault>(50).fill('reset'));
  const ended = await world.wait('--sha', SHA);
  assertExit(ended, 1);
  assert.match(ended.stderr, /this is the log's verdict, \d+ s old: .*could not be polled/);
});

test('--timeout 0 is the verdict of the log, and says so', async () => {
  await using world = await GithubWorld.open();
  world.put(runOf(1, 'CI', 'failure'));
  assertExit(await world.wait('--sha', SHA), 1);
  const { length } = world.api.asked;
  const ended = await world.wait('--sha', SHA, '--timeout', '0');
  assertExit(ended, 1);
  assert.match(ended.stderr, /this is the log's verdict/);
  assert.ok(world.api.asked.length <= length + 1);
});

async function hearing() {
  const port = await freePort();
  const world = await GithubWorld.open({}, { webhook: { port } });
  const granted = await world.box.run(
    ['secret', 'set', 'github-webhook-secret', '--for', 'github'],
    SECRET,
  );
  assertExit(granted, 0);
  assertExit(await world.box.run(['source', 'enable', 'github']), 0);
  assertExit(await world.box.run(['source', 'check', 'github']), 0);
  const tell = async (run: object) => {
    const payload = { workflow_run: run, repository: { full_name: REPO } };
    assert.equal((await deliver({ port, kind: 'workflow_run', payload })).status, 200);
  };
  return { world, tell };
}

test('where deliveries come in, the log has the verdict, and nobody is asked', async () => {
  const { world, tell } = await hearing();
  await using _world = world;
  await tell(runOf(1, 'CI', 'queued'));
  await tell(runOf(2, 'Docs', 'queued'));
  await tell(runOf(1, 'CI', 'success'));
  const { length } = world.api.asked;
  const wait = world.waiting('--sha', SHA, '--settle', '1s');
  await wait.says(/waiting for .*Docs \(run 2, queued\)/);
  await tell(runOf(2, 'Docs', 'success'));
  const ended = await wait.ended;
  assertExit(ended, 0);
  assert.ok(!ended.stderr.includes("the log's verdict"), ended.stderr);
  assertExit(await world.wait('--sha', SHA, '--settle', '0'), 0);
  await tell({ ...runOf(2, 'Docs', 'failure'), run_attempt: 2 });
  assertExit(await world.wait('--sha', SHA), 1);
  assert.equal(world.api.asked.length, length);
});

test('a delivery of a commit whose beginning was not heard leads to a round', async () => {
  const { world, tell } = await hearing();
  await using _world = world;
  world.put(runOf(1, 'CI', 'success'), runOf(2, 'Tests', 'failure'));
  await tell(runOf(1, 'CI', 'success'));
  assertExit(await world.wait('--sha', SHA), 1);
});
