/** What a webhook refused is counted and told, with what mends the last. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { request } from 'node:http';
import { openWebhook } from '../src/webhook/open.js';

test('refusals are counted by status and told with their remedy', async (t) => {
  const stopping = new AbortController();
  t.after(() => stopping.abort());
  const told: string[] = [];
  let heard: () => void = () => undefined;
  const silent = () => undefined;
  const { port } = await openWebhook(
    {
      port: 0,
      setting: 'sources.ci.webhook.port',
      remedies: { 401: 'waitbus secret set ci-secret' },
      routes: [{ path: '/hook', handler: () => ({ status: 401 }) }],
    },
    {
      log: { debug: silent, info: silent, warn: silent, error: silent },
      signal: stopping.signal,
      fail: (error) => assert.fail(error),
      onRefused: (line) => {
        told.push(line);
        heard();
      },
    },
  );
  const send = (method: string, path: string, headers: Record<string, string> = {}) =>
    new Promise<number>((resolve, reject) => {
      request({ port, host: '127.0.0.1', method, path, headers }, (response) => {
        response.resume();
        resolve(response.statusCode ?? 0);
      })
        .on('error', reject)
        .end();
    });
  assert.equal(await send('POST', '/hook'), 401);
  assert.deepEqual(told, ['webhook refused 1 with 401: waitbus secret set ci-secret']);
  const next = new Promise<void>((resolve) => (heard = resolve));
  assert.equal(await send('GET', '/hook'), 405);
  assert.equal(await send('POST', '/other'), 404);
  assert.equal(await send('POST', '/hook', { 'content-encoding': 'gzip' }), 415);
  assert.equal(await send('POST', '/hook', { host: 'ci.example.org' }), 421);
  await next;
  assert.equal(
    told.at(-1),
    `webhook refused 1 with 401, 1 with 405, 1 with 404, 1 with 415, 1 with 421: waitbus config set sources.ci.webhook.hosts '["ci.example.org"]'`,
  );
});
