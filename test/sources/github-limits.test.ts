/** Polling within what GitHub allows: limits, tokens, refusals, and what is said of them. */
import assert from 'node:assert/strict';
import { chmodSync, mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { ActionsApi } from '../support/actions-api.js';
import { freePort, GithubStage } from '../support/github-stage.js';

const REPO = 'acme/app';
const SHA = '7f3a1b2c'.padEnd(40, '0');
const GRANT = 'waitbus secret set github-token --for github';

async function open() {
  const api = await ActionsApi.start();
  api.runs.set(REPO, []);
  api.put(REPO, { id: 1, head_sha: SHA, status: 'queued' });
  const stage = new GithubStage();
  const config = { apiUrl: api.url, poll: { repos: [REPO], interval: '1s' } };
  return {
    api,
    stage,
    config,
    async [Symbol.asyncDispose]() {
      await stage[Symbol.asyncDispose]();
      await api[Symbol.asyncDispose]();
    },
  };
}

const limits = {
  'a 429 with Retry-After': { status: 429, headers: { 'retry-after': '3' } },
  'a 403 with Retry-After': { status: 403, headers: { 'retry-after': '3' } },
  'a 403 with nothing left until the reset': {
    status: 403,
    headers: () => ({
      'x-ratelimit-remaining': '0',
      'x-ratelimit-reset': String(Math.ceil(Date.now() / 1000) + 3),
    }),
  },
};

for (const [name, { status, headers }] of Object.entries(limits)) {
  test(`after ${name} nothing is asked until it is over, and then all goes on`, async () => {
    await using world = await open();
    const { api, stage, config } = world;
    const given = typeof headers === 'function' ? headers() : headers;
    api.faults.push({ status, headers: given });
    const other = { ...config, poll: { repos: [REPO, 'acme/other'], interval: '1s' } };
    const source = await stage.begin({ config: other, secrets: { 'github-token': 't' } });
    await api.until(() => api.asked.length === 1);
    const begin = performance.now();
    await source.until(() => stage.events.length === 1);
    // The other repository is not asked for either. Whole seconds, by a header that has no others.
    const { length } = api.asked.filter(({ path }) => path.includes('/runs?'));
    assert.ok(performance.now() - begin > 1900, `it went on after ${performance.now() - begin} ms`);
    assert.ok(length >= 2 && length <= 4, `${length} requests`);
    assert.ok(source.logged.some((line) => line.includes("GitHub's rate limit")));
  });
}

test('what is left of the quota is spread over the time until there is more', async () => {
  await using world = await open();
  const { api, stage, config } = world;
  // Each round with a change costs; with 6 left for 6 seconds there is one request a second at most.
  api.rate = { remaining: 6, resetInSeconds: 6 };
  await stage.begin({ config });
  const begin = performance.now();
  await api.until(() => api.asked.length === 2);
  await api.until(() => api.asked.length === 4);
  // Two requests a round, so that rounds are three seconds apart and not one.
  assert.ok(performance.now() - begin > 2000, `${performance.now() - begin} ms`);
});

test('a token that is not taken is said once, with the command that gives another', async () => {
  await using world = await open();
  const { api, stage, config } = world;
  api.token = 'the right one';
  const source = await stage.begin({ config, env: { GITHUB_TOKEN: 'wrong' } });
  await source.ready();
  const said = `does not take the token from GITHUB_TOKEN (401 Bad credentials); give another: ${GRANT}`;
  await source.until(() => source.described.some((line) => line.includes(said)));
  assert.equal(source.logged.filter((line) => line.includes(said)).length, 1);
  assert.ok(!source.logged.concat(source.described).some((line) => line.includes('wrong')));
});

test('a repository that cannot be seen is said, and the others and the webhook go on', async () => {
  await using world = await open();
  const { api, stage, config } = world;
  const port = await freePort();
  const poll = { repos: ['acme/secret', REPO], interval: '1s' };
  const secrets = { 'github-webhook-secret': 's' };
  const source = await stage.begin({ config: { ...config, poll, webhook: { port } }, secrets });
  const said = `acme/secret is private or not there (404 Not Found); give a token that may read its actions: ${GRANT}`;
  await source.until(() => source.described.some((line) => line.includes(said)));
  await source.until(() => stage.events.length === 1);
  assert.match(
    source.described.at(-1) ?? '',
    /; webhook on http:\/\/127\.0\.0\.1:\d+\/webhook; polls /,
  );
  assert.equal(api.asked[0]?.authorization, undefined);
});

test('the token comes from the secret, else GITHUB_TOKEN, else gh', async () => {
  const bin = async (stage: GithubStage) => {
    const directory = join(stage.directory, 'bin');
    mkdirSync(directory);
    writeFileSync(
      join(directory, 'gh'),
      '#!/bin/sh\n[ "$*" = "auth token --hostname 127.0.0.1" ] && echo of-gh\n',
    );
    chmodSync(join(directory, 'gh'), 0o755);
    return directory;
  };
  const secrets = { 'github-token': 'of-secret\n' };
  const GITHUB_TOKEN = 'of-environment';
  for (const [expected, given] of [
    ['of-secret', { secrets, env: { GITHUB_TOKEN } }],
    ['of-environment', { env: { GITHUB_TOKEN } }],
    ['of-gh', {}],
  ] as const) {
    await using world = await open();
    const { api, stage, config } = world;
    const env = { PATH: `${await bin(stage)}:/usr/bin:/bin`, ...('env' in given ? given.env : {}) };
    await stage.begin({ config, ...given, env });
    await api.until(() => api.asked.length === 1);
    assert.equal(api.asked[0]?.authorization, `Bearer ${expected}`);
  }
});

test('the API of GITHUB_API_URL is asked; one that would leak a token is refused', async () => {
  await using world = await open();
  const { api, stage, config } = world;
  const { poll } = config;
  await stage.begin({ config: { poll }, env: { GITHUB_API_URL: `${api.url}/api/v3/` } });
  await api.until(() => api.asked.length === 1);
  assert.match(api.asked[0]?.path ?? '', /^\/api\/v3\/repos\/acme\/app\/actions\/runs\?/);
  const refused = await stage.begin({ config: { apiUrl: 'http://github.acme.example/api/v3' } });
  await refused.until(() => refused.failure !== null);
  assert.match(
    refused.failure?.message ?? '',
    /^sources\.github\.apiUrl: .* is not an https address$/,
  );
  assert.match(refused.failure?.remedy ?? '', /https:\/\/HOST\/api\/v3/);
});
