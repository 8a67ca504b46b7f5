/** The webhook of the github source, in its real process: who is let in, and what becomes of what. */
import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { createRequire } from 'node:module';
import { test } from 'node:test';
import { checkEnvelope, parseJson } from '@waitbus/plugin-sdk';
import { EVENTS } from '../../plugins/github/src/events/to-event.js';
import { deliver, freePort, GithubStage, SECRET, signature } from '../support/github-stage.js';

interface Example {
  readonly name: string;
  readonly examples: readonly Record<string, unknown>[];
}

/** Every payload that GitHub's own library publishes. */
const EXAMPLES = createRequire(new URL('../../plugins/github/package.json', import.meta.url))(
  '@octokit/webhooks-examples',
) as readonly Example[];
const examplesOf = (name: string) => EXAMPLES.find((one) => one.name === name)?.examples ?? [];

/** A source with its webhook open. */
async function open() {
  const stage = new GithubStage();
  const port = await freePort();
  const source = await stage.begin({
    config: { webhook: { port } },
    secrets: { 'github-webhook-secret': SECRET },
  });
  await source.ready();
  return {
    stage,
    source,
    port,
    events: stage.events,
    [Symbol.asyncDispose]: () => stage[Symbol.asyncDispose](),
  };
}

for (const kind of Object.keys(EVENTS) as (keyof typeof EVENTS)[]) {
  test(`every published ${kind} payload becomes its event, signed rightly only`, async () => {
    await using hook = await open();
    const { port, events } = hook;
    const payloads = examplesOf(kind);
    assert.ok(payloads.length >= 4, `${payloads.length} examples of ${kind}`);
    for (const payload of payloads) {
      const before = events.length;
      const wrong = await deliver({ port, kind, payload, secret: 'another' });
      const missing = await deliver({
        port,
        kind,
        payload,
        headers: { 'x-hub-signature-256': undefined },
      });
      assert.deepEqual([wrong.status, missing.status, events.length], [401, 401, before]);
      const id = randomUUID();
      const post = { port, kind, payload, headers: { 'x-github-delivery': id } };
      const taken = await deliver(post);
      assert.deepEqual([taken.status, taken.body['inserted']], [200, events.length > before]);
      const again = await deliver(post);
      assert.deepEqual(again, { status: 200, body: { ...taken.body, inserted: false } });
      const event = events.find((one) => one.delivery_id === taken.body['delivery_id']);
      assert.ok(event !== undefined);
      assert.equal(event.event_type, kind);
      checkEnvelope({ ...event, source: 'github' });
      assert.deepEqual(EVENTS[kind].parse(event.fields), event.fields);
      const { full_name: name } = payload['repository'] as { full_name: string };
      assert.equal(`${event.owner}/${event.repo}`, name);
      // Two examples may tell of the same state of the same run: the first is the event.
      if (events.length > before) assert.deepEqual(event.payload, payload);
      assert.equal(event.ingest_method, 'webhook');
      assert.ok(
        (event.summary ?? '').length > 5 && !/undefined|null|NaN/.test(event.summary ?? ''),
      );
      if (kind !== 'workflow_run' && kind !== 'workflow_job') {
        assert.match(event.delivery_id ?? '', /^github:body:[0-9a-f]{64}$/);
      }
      const replayed = await deliver({ ...post, headers: { 'x-github-delivery': randomUUID() } });
      assert.deepEqual(replayed, again);
    }
    const told = new Set(events.map((event) => event.delivery_id));
    assert.equal(told.size, events.length);
  });
}

test('a run and a job carry the common vocabulary', async () => {
  await using hook = await open();
  const { port, events } = hook;
  const run = examplesOf('workflow_run')[1];
  await deliver({ port, kind: 'workflow_run', payload: run });
  const { conclusion, status, head_sha, run_id, workflow_name, head_branch } =
    events[0]?.fields ?? {};
  const given = run?.['workflow_run'] as Record<string, unknown>;
  assert.deepEqual(
    { conclusion, status, head_sha, run_id, workflow_name, head_branch },
    {
      conclusion: 'success',
      status: 'completed',
      head_sha: given['head_sha'],
      run_id: given['id'],
      workflow_name: 'test',
      head_branch: given['head_branch'],
    },
  );
  const failed = examplesOf('workflow_job')[1];
  await deliver({ port, kind: 'workflow_job', payload: failed });
  const job = failed?.['workflow_job'] as Record<string, unknown>;
  const fields = events[1]?.fields ?? {};
  assert.equal(fields['job_id'], job['id']);
  assert.equal(fields['parent_run_id'], job['run_id']);
  assert.deepEqual([fields['job_name'], fields['conclusion']], ['linters', 'failure']);
});

test('a ping is answered, other kinds are answered and counted, and neither is an event', async () => {
  await using hook = await open();
  const { port, events, source } = hook;
  for (const payload of examplesOf('ping')) {
    const { status, body } = await deliver({ port, kind: 'ping', payload });
    assert.deepEqual([status, body], [200, { pong: true }]);
  }
  for (const kind of ['star', 'issues', 'star']) {
    const answer = await deliver({ port, kind, payload: {} });
    assert.deepEqual(answer, { status: 200, body: { ignored: kind } });
  }
  assert.equal(events.length, 0);
  await source.until(() => source.described.at(-1)?.endsWith('ignored 2 star, 1 issues') === true);
  assert.ok(source.logged.includes('ignored a delivery of star'));
});

test('ids of 64 bits stay whole, and missing or null members are no obstacle', async () => {
  await using hook = await open();
  const { port, events } = hook;
  const repository = '"repository":{"full_name":"acme/app"}';
  const run = '{"id":9223372036854775807,"status":"completed","conclusion":"startup_failure"}';
  const payload = `{"workflow_run":${run},${repository}}`;
  await deliver({ port, kind: 'workflow_run', payload });
  assert.equal(events[0]?.fields?.['run_id'], 9223372036854775807n);
  assert.equal(events[0]?.fields?.['conclusion'], 'failure');
  assert.deepEqual(events[0]?.payload, parseJson(payload));
  for (const kind of Object.keys(EVENTS)) {
    const about =
      kind === 'push'
        ? '"ref":"refs/heads/main"'
        : `"${kind}":{"id":1,"number":1,"state":"success","tag_name":"v1"}`;
    for (const [bare, expected] of [
      [`{${about}}`, 200],
      [`{${about},"repository":null,"sender":null}`, 200],
      ['{}', 400],
      [`{"${kind}":null}`, 400],
      ['[]', 400],
      ['null', 400],
    ] as const) {
      const before = events.length;
      const { status } = await deliver({ port, kind, payload: bare });
      const added = expected === 200 ? 1 : 0;
      assert.deepEqual([status, events.length - before], [expected, added], `${kind} ${bare}`);
    }
  }
});

test('a form is read as well, and what is no JSON is refused', async () => {
  await using hook = await open();
  const { port, events } = hook;
  const headers = { 'content-type': 'application/x-www-form-urlencoded' };
  const form = new URLSearchParams({ payload: JSON.stringify(examplesOf('push')[4]) }).toString();
  assert.equal((await deliver({ port, kind: 'push', payload: form, headers })).status, 200);
  assert.equal(events[0]?.fields?.['head_branch'], 'master');
  for (const payload of ['', '{"a":', 'payload={}', '[[['.repeat(100_000)]) {
    const { status, body } = await deliver({ port, kind: 'push', payload });
    assert.deepEqual([status, Object.keys(body)], [400, ['error']]);
  }
  const nameless = await deliver({
    port,
    kind: 'push',
    payload: {},
    headers: { 'x-github-event': undefined },
  });
  assert.equal(nameless.status, 400);
  assert.equal(events.length, 1);
});

test('the content tells a redelivery from another, whatever its id says', async () => {
  await using hook = await open();
  const { port, events } = hook;
  const [first, second] = examplesOf('release');
  for (const [payload, id] of [
    [first, undefined],
    [first, randomUUID()],
    [second, undefined],
  ] as const) {
    await deliver({ port, kind: 'release', payload, headers: { 'x-github-delivery': id } });
  }
  assert.equal(events.length, 2);
});

test('a signature of other bytes, another algorithm or another form is refused', async () => {
  await using hook = await open();
  const { port, events } = hook;
  const payload = '{"ref":"refs/heads/main"}';
  const right = signature(payload, SECRET);
  const wrong = [
    signature(`${payload} `, SECRET),
    right.slice(0, -1),
    `${right}0`,
    right.replace('sha256=', ''),
    right.replace('sha256=', 'sha1='),
    '',
    'sha256=',
  ];
  for (const header of wrong) {
    const headers = { 'x-hub-signature-256': header };
    assert.equal((await deliver({ port, kind: 'push', payload, headers })).status, 401, header);
  }
  assert.equal(events.length, 0);
});

test('what could not be stored is answered with 503, so that GitHub shows it as failed', async () => {
  await using hook = await open();
  const { port, source, events } = hook;
  source.refusal = 'the disk is full';
  const post = { port, kind: 'push', payload: examplesOf('push')[4] };
  const { status, body } = await deliver(post);
  assert.deepEqual([status, events.length], [503, 0]);
  assert.match(JSON.stringify(body), /the disk is full/);
  source.refusal = null;
  assert.equal((await deliver(post)).status, 200);
  assert.equal(events.length, 1);
});
