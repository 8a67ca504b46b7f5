/** What the webhook answers to posts, one or two hundred, and where no handler is meant. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Endpoint } from './support/endpoint.js';

test('a post reaches its handler: raw bytes, headers, query; the answer is JSON', async () => {
  using endpoint = await Endpoint.open();
  const body = Buffer.from([0, 255, 10, 13, 123]);
  const answer = await endpoint.post(
    body,
    ['X-Event: push', 'X-Twice: a', 'X-Twice: b'],
    '/hook?a=1&a=2',
  );
  assert.equal(answer.status, 202);
  assert.equal(answer.headers.get('content-type'), 'application/json');
  assert.equal(answer.body, '{"bytes":5}');
  const [request] = endpoint.seen;
  assert.ok(request);
  assert.deepEqual(request.body, body);
  assert.equal(request.path, '/hook');
  assert.deepEqual(request.query.getAll('a'), ['1', '2']);
  assert.equal(request.headers['x-event'], 'push');
  assert.equal(request.headers['x-twice'], 'a, b');
});

test('it tells where it listens, on the loopback interface only', async () => {
  using endpoint = await Endpoint.open();
  assert.equal(endpoint.url, `http://127.0.0.1:${endpoint.port}`);
  assert.ok(endpoint.port > 0);
});

test('handlers answer with text, with nothing, and later', async () => {
  using endpoint = await Endpoint.open({
    routes: [
      { path: '/text', handler: () => ({ status: 200, body: 'pong' }) },
      { path: '/none', handler: async () => ({ status: 204, body: 'dropped' }) },
      { path: '/list', method: 'GET', handler: () => ({ status: 200, body: [1, 2] }) },
    ],
  });
  const text = await endpoint.post('', [], '/text');
  assert.equal(text.headers.get('content-type'), 'text/plain; charset=utf-8');
  assert.equal(text.body, 'pong');
  const none = await endpoint.post('', [], '/none');
  assert.deepEqual([none.status, none.body], [204, '']);
  const list = await endpoint.send(
    'GET /list HTTP/1.1',
    'Host: localhost:PORT',
    'Connection: close',
    '',
    '',
  );
  assert.deepEqual([list.status, list.body], [200, '[1,2]']);
});

test('a handler that fails is a 500 without its stack, and a line in the log with it', async () => {
  using endpoint = await Endpoint.open({
    routes: [
      { path: '/throws', handler: () => Promise.reject(new Error('the inside story')) },
      { path: '/odd', handler: () => ({ status: 42 }) },
    ],
  });
  for (const [path, reason] of [
    ['/throws', /the inside story/],
    ['/odd', /status 42/],
  ] as const) {
    const answer = await endpoint.post('', [], path);
    assert.equal(answer.status, 500);
    assert.equal(answer.errorCode, 'internal');
    // Without the Date: it may be 42 minutes past.
    assert.doesNotMatch(answer.text.replace(/^date: .*$/im, ''), /story|42|\bat\b|\.ts/);
    const line = endpoint.logged.pop();
    assert.equal(line?.level, 'error');
    assert.match(JSON.stringify(line.details), reason);
  }
});

test('an unknown path is 404; a wrong method is 405 and told what is allowed', async () => {
  const handler = () => ({ status: 200 });
  using endpoint = await Endpoint.open({
    routes: [
      { path: '/hook', handler },
      { path: '/hook', method: 'PUT', handler },
    ],
  });
  for (const path of [
    ...['/', '/hook/', '/hook/x', '/HOOK', '/../hook/..', '/*'],
    // What a URL, or a reader of one, makes `/hook` of.
    ...['/./hook', '/x/../hook', '//hook', '/%68ook', '/hook%2f', '/hook;x', '/hook#x'],
    ...['/%2e/hook', '/hook/.'],
  ]) {
    const answer = await endpoint.post('{}', [], path);
    assert.deepEqual([answer.status, answer.errorCode], [404, 'not_found'], path);
    assert.equal(answer.headers.get('content-type'), 'application/json');
  }
  for (const method of ['GET', 'DELETE', 'OPTIONS', 'TRACE', 'PATCH']) {
    const answer = await endpoint.send(
      `${method} /hook HTTP/1.1`,
      'Host: 127.0.0.1:PORT',
      'Connection: close',
      '',
      '',
    );
    assert.deepEqual([answer.status, answer.errorCode], [405, 'method_not_allowed'], method);
    assert.equal(answer.headers.get('allow'), 'POST, PUT');
  }
});

test('two hundred posts at once all reach the handler and are all answered', async () => {
  using endpoint = await Endpoint.open();
  const bodies = Array.from(
    { length: 200 },
    (_, index) => `{"n":${index},"${'x'.repeat(index)}":1}`,
  );
  const answers = await Promise.all(bodies.map((body) => endpoint.post(body)));
  assert.deepEqual(
    answers.map(({ status, body }) => [status, body]),
    bodies.map((body) => [202, `{"bytes":${body.length}}`]),
  );
  assert.deepEqual(new Set(endpoint.seen.map(({ body }) => body.toString())), new Set(bodies));
});

test("the source's globals stay as Node has them", async () => {
  const before = [globalThis.Request, globalThis.Response, globalThis.fetch];
  using _endpoint = await Endpoint.open();
  assert.deepEqual([globalThis.Request, globalThis.Response, globalThis.fetch], before);
});
