/** The github source's client of the API by itself: what bounds it, and where its token goes. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Api } from '../../plugins/github/src/api/client.js';
import { ActionsApi } from '../support/actions-api.js';

const PATH = '/repos/acme/app/actions/runs?per_page=100';

async function open(more: { timeoutMs?: number; maxBytes?: number } = {}) {
  const server = await ActionsApi.start();
  server.runs.set('acme/app', []);
  const ending = new AbortController();
  const findToken = () => Promise.resolve({ value: 'secret', from: 'the test' });
  const api = new Api({ url: server.url, findToken, signal: ending.signal, ...more });
  return {
    server,
    api,
    ending,
    [Symbol.asyncDispose]: () => server[Symbol.asyncDispose](),
  };
}

test('an answer that does not come in time has failed, and the next is asked for', async () => {
  await using world = await open({ timeoutMs: 1000 });
  world.server.faults.push('hang');
  const late = await world.api.get(PATH);
  assert.deepEqual(late, { kind: 'failed', reason: 'no answer within 1 s' });
  const next = await world.api.get(PATH);
  assert.equal(next.kind, 'fresh', JSON.stringify(next));
});

test('an answer larger than is taken has failed', async () => {
  await using world = await open({ maxBytes: 10 });
  assert.deepEqual(await world.api.get(PATH), {
    kind: 'failed',
    reason: 'its answer is larger than 10 bytes',
  });
});

test('a redirect within the API is followed with the token, one elsewhere is not', async () => {
  await using world = await open();
  await using other = await ActionsApi.start();
  const { server, api } = world;
  server.faults.push({ status: 301, headers: { location: PATH } });
  assert.equal((await api.get('/repositories/1/actions/runs')).kind, 'fresh');
  server.faults.push({ status: 302, headers: { location: `${other.url}${PATH}` } });
  const reply = await api.get(PATH);
  assert.equal(
    reply.kind === 'failed' && reply.reason,
    `it redirects to ${new URL(other.url).host}`,
  );
  assert.equal(other.asked.length, 0);
});

test('only what counts is counted: a 304 does not', async () => {
  await using world = await open();
  const { api } = world;
  const first = await api.get(PATH);
  assert.ok(first.kind === 'fresh' && first.etag !== null);
  const again = await api.get(PATH, first.etag);
  assert.deepEqual([again.kind, api.spent], ['same', 1]);
});

test('once it is stopping, nothing is asked', async () => {
  await using world = await open();
  world.ending.abort();
  assert.deepEqual(await world.api.get(PATH), { kind: 'failed', reason: 'it is stopping' });
  assert.equal(world.server.asked.length, 0);
});
