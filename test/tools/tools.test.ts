/** The other tools with a real daemon: messages, the log, agents, claims and CI verdicts. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { emit, registerWatch, respond } from 'waitbus';
import { waitbusTools } from 'waitbus/tools';
import { GithubDaemon, SHA } from '../cli/github-daemon.js';
import { done, signal } from '../client/done-signal-code.js';
import { Sandbox } from '../support/sandbox.js';
import { idsOf, Tools } from './calls.js';

test('every tool has schemas that a model and a client can read', () => {
  const tools = waitbusTools();
  assert.equal(new Set(tools.map(({ name }) => name)).size, tools.length);
  for (const { name, description, inputSchema, outputSchema } of tools) {
    assert.match(name, /^[a-z_]{1,64}$/);
    assert.ok(description.length > 0 && description.length < 1024, name);
    for (const schema of [inputSchema, outputSchema]) {
      assert.equal(schema['type'], 'object', name);
      assert.deepEqual(JSON.parse(JSON.stringify(schema)), schema, name);
    }
    assert.equal(inputSchema['additionalProperties'], false, name);
  }
});

test('emit, tail and get_event', async () => {
  await using box = new Sandbox();
  const tools = new Tools({ paths: box.paths, as: 'me' });
  const event = { event_type: 'agent_finished', summary: 'hi', delivery_id: 'one' };
  const { data } = await tools.call('emit', { ...event, fields: { n: 1 } });
  assert.equal(data['inserted'], true);
  assert.equal((await tools.call('emit', event)).data['inserted'], false);
  assert.match(await tools.refused('emit', { event_type: 'X' }), /^WAITBUS_BAD_EVENT/);
  for (const n of [2, 3, 4]) await emit(done(n), { paths: box.paths });
  const tail = await tools.call('tail', { source: 'agent', limit: 2, match: ['fields.n<4'] });
  assert.equal(tail.data['left_out'], 1);
  assert.match(tail.text, /^3 matching since 1h, the newest 2 here[^]*n = 2[^]*n = 3/);
  const since = { since: tail.data['cursor'] };
  assert.deepEqual(idsOf((await tools.call('tail', since)).data), []);
  const payload = { trace: 'secret\u202e' };
  const sent = await emit({ ...done(9), payload }, { paths: box.paths });
  const whole = await tools.call('get_event', { event_id: sent.results[0]?.event_id });
  assert.match(whole.text, /payload = \{"trace":"secret"\}\nwaitbus-data/);
  const unknown = { event_id: '0'.repeat(26) };
  assert.match(await tools.refused('get_event', unknown), /^WAITBUS_UNKNOWN_EVENT/);
});

test('send and inbox: a message that was left out stays new', async () => {
  await using box = new Sandbox();
  const { paths } = box;
  const [al, bob] = [new Tools({ paths, as: 'al' }), new Tools({ paths, as: 'bob' })];
  for (const body of ['one', 'two', 'three']) await al.call('send', { to: 'bob', body });
  const first = await bob.call('inbox', { limit: 2 });
  assert.equal(first.data['more'], true);
  assert.match(first.text, /from agent al[^]*one[^]*two/);
  const second = await bob.call('inbox');
  assert.match(second.text, /^1 messages[^]*three/);
  assert.equal((await bob.call('inbox')).text, 'nothing new');
  assert.match((await bob.call('inbox', { since: 'start', peek: true })).text, /^3 messages/);
  assert.match(await new Tools({ paths }).refused('inbox'), /it is not said which agent you are/);
});

test('ask and reply: at once, and over the slices of a wait', async () => {
  await using box = new Sandbox();
  const { paths } = box;
  const [al, bob] = [new Tools({ paths, as: 'al' }), new Tools({ paths, as: 'bob' })];
  const asked = signal();
  const asking = al.call('ask', { to: 'bob', body: 'may I?' }, { onArmed: asked.happen });
  await asked.happened;
  const heard = (await bob.call('inbox')).data['messages'] as { event_id: string; asks: boolean }[];
  assert.equal(heard[0]?.asks, true);
  await bob.call('reply', { id: heard[0]?.event_id, body: 'yes' });
  const { data, text } = await asking;
  assert.equal(data['outcome'], 'answered');
  assert.match(text, /^bob answers:\n[^]*msg_body = yes/);

  const late = await al.call('ask', { to: 'bob', body: 'and now?' }, { sliceMs: 500 });
  assert.equal(late.data['outcome'], 'pending');
  assert.match(late.text, /^pending: no answer of bob yet. Nobody of this name is connected/);
  const { data: replied } = await bob.call('reply', {
    id: late.data['question'],
    body: 'no',
    failed: true,
  });
  // The question is of use for as long as was said, not for as long as the slice.
  assert.equal(replied['late'], false);
  assert.match((await al.call('wait', late.data['next'])).text, /^matched[^]*msg_body = no/);
  const gone = { to: 'bob', body: 'x', timeout_s: 0.5 };
  assert.equal((await al.call('ask', gone)).data['outcome'], 'timeout');
  assert.match(await bob.refused('reply', { id: 'nope', body: 'x' }), /^WAITBUS_UNKNOWN_MESSAGE/);
});

test('list_agents and list_sources', async () => {
  await using box = new Sandbox();
  const { paths } = box;
  const tools = new Tools({ paths });
  const [ready, stop] = [signal(), new AbortController()];
  const there = { as: 'here', paths, signal: stop.signal, onReady: ready.happen };
  const responding = respond(there, () => 'x');
  await ready.happened;
  await emit({ ...done(1), fields: { msg_from: 'claude:5f3c' } }, { paths });
  await emit({ ...done(1), fields: { msg_from: 'no name\nat all' } }, { paths });
  await registerWatch({ name: 'sleeper', match: ['fields.n=1'] }, { paths });
  const { data, text } = await tools.call('list_agents');
  const agents = data['agents'] as { name: string; present: boolean; watches: number }[];
  assert.deepEqual(
    agents.map(({ name, present, watches }) => [name, present, watches]),
    [
      ['claude:5f3c', false, 0],
      ['here', true, 0],
      ['sleeper', false, 1],
    ],
  );
  assert.match(text, /claude:5f3c: not present, agent_finished at \d[^]*<<<waitbus-data/);
  stop.abort();
  await responding;
  const { data: listed } = await tools.call('list_sources');
  const names = (listed['sources'] as { name: string }[]).map(({ name }) => name);
  assert.ok(names.includes('agent') && names.includes('github'), String(names));
});

test('claim and release: held over calls, refused to others', async () => {
  await using box = new Sandbox();
  const { paths, work: cwd } = box;
  const al = new Tools({ paths, cwd, as: 'al' });
  const bob = new Tools({ paths, cwd, as: 'bob' });
  const { data } = await al.call('claim', { path: 'src' });
  assert.deepEqual((await al.call('claim', { path: './src' })).data, data);
  const refused = await bob.refused('claim', { path: 'src/main.c' });
  assert.match(refused, /^WAITBUS_CLAIMED: [^]*<<<waitbus-data[^]*claimed by al[^]*>>>$/);
  assert.match(await bob.refused('release', { path: 'src' }), /^WAITBUS_CLAIMED: [^]*by al/);
  const waiting = bob.call('claim', { path: 'src/main.c', wait_s: 60 });
  assert.equal((await al.call('release', { path: 'src' })).data['released'], true);
  await waiting;
  assert.equal((await al.call('release', { path: 'src' })).data['released'], false);
  assert.match(await al.refused('claim', { path: 'src', wait_s: 0.3 }), /^timeout: timed out/);
  await bob.call('release', { path: 'src/main.c' });
});

test('query_ci: from the log, and live over slices', async () => {
  await using daemon = await GithubDaemon.start();
  const tools = new Tools({ paths: daemon.box.paths, cwd: daemon.box.work });
  const wanted = { sha: SHA.slice(0, 8), repo: 'acme/app' };
  assert.match(await tools.refused('query_ci', { sha: SHA }), /no GitHub origin/);
  assert.match(await tools.refused('query_ci', { ...wanted, sha: 'HEAD' }), /hex digits/);
  await daemon.emit({ status: 'in_progress' });
  const first = await tools.call('query_ci', wanted, { sliceMs: 300 });
  assert.equal(first.data['outcome'], 'pending');
  await daemon.emit({ status: 'completed', conclusion: 'failure' });
  const { data, text } = await tools.call('query_ci', first.data['next']);
  assert.equal(data['outcome'], 'failure');
  assert.match(text, /^failure: 7f3a1b2c in acme\/app\n[^]*conclusion = failure/);
});
