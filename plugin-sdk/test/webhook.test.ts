/** The webhook against senders that write bytes of their own choosing to a real port. */
import assert from 'node:assert/strict';
import { EventEmitter, once } from 'node:events';
import { createServer, type AddressInfo } from 'node:net';
import { test } from 'node:test';
import { WaitbusError } from '../src/envelope/index.js';
import { settingsOf, type WebhookOptions } from '../src/webhook/options.js';
import { Endpoint } from './support/endpoint.js';

const HEAD = ['POST /hook HTTP/1.1', 'Host: 127.0.0.1:PORT'];

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
    assert.doesNotMatch(answer.text, /story|42|\bat\b|\.ts/);
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
  for (const path of ['/', '/hook/', '/hook/x', '/HOOK', '/../hook/..', '/*']) {
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

test('only the names of this machine, with the port, are taken for its host', async () => {
  using endpoint = await Endpoint.open({ hosts: ['Hooks.Example.Test'] });
  const status = async (...hosts: string[]) => {
    const lines = hosts.map((host) => `Host: ${host}`);
    const head = ['POST /hook HTTP/1.1', ...lines, 'Connection: close', 'Content-Length: 0'];
    const answer = await endpoint.send(...head, '', '');
    if (answer.status >= 400) assert.ok(answer.errorCode, `${hosts.join()}: ${answer.text}`);
    return answer.status;
  };
  for (const host of [
    '127.0.0.1:PORT',
    'localhost:PORT',
    'LocalHost:PORT',
    '[::1]:PORT',
    'hooks.example.test',
  ]) {
    assert.equal(await status(host), 202, host);
  }
  for (const host of [
    'evil.example',
    'evil.example:PORT',
    'localhost',
    '127.0.0.1',
    '127.0.0.1:1',
    'localhost.evil.example:PORT',
    '127.0.0.1.evil.example:PORT',
    'hooks.example.test:PORT',
    'xhooks.example.test',
    '0.0.0.0:PORT',
  ]) {
    assert.equal(await status(host), 421, host);
  }
  assert.equal(await status(), 400);
  assert.equal(await status('127.0.0.1:PORT', 'evil.example'), 400);
  for (const host of ['a b', 'user@127.0.0.1:PORT', '127.0.0.1:PORT/x', '']) {
    assert.ok([400, 421].includes(await status(host)), host);
  }
  assert.equal(endpoint.seen.length, 5);
});

test('a target that names a host of its own is refused', async () => {
  using endpoint = await Endpoint.open();
  for (const target of ['http://evil.example/hook', 'http://127.0.0.1:PORT/hook', '*', 'hook']) {
    const answer = await endpoint.send(
      `POST ${target} HTTP/1.1`,
      'Host: 127.0.0.1:PORT',
      'Connection: close',
      'Content-Length: 0',
      '',
      '',
    );
    assert.deepEqual([answer.status, answer.errorCode], [400, 'bad_request'], target);
  }
  assert.equal(endpoint.seen.length, 0);
});

test('what a web page sends is refused', async () => {
  using endpoint = await Endpoint.open();
  for (const header of [
    'Origin: https://evil.example',
    'Origin: null',
    'Sec-Fetch-Site: cross-site',
  ]) {
    assert.equal((await endpoint.post('{}', [header])).status, 403, header);
  }
  assert.equal(endpoint.seen.length, 0);
});

test('a body of exactly the limit is taken, one byte more is 413, with and without a length', async () => {
  const bodyLimit = 200_000;
  using endpoint = await Endpoint.open({ bodyLimit });
  const chunked = (size: number) => {
    const head = [...HEAD, 'Connection: close', 'Transfer-Encoding: chunked', '', ''].join('\r\n');
    const chunks = Array.from({ length: Math.ceil(size / 50_000) }, (_, index) => {
      const part = Math.min(50_000, size - index * 50_000);
      return `${part.toString(16)}\r\n${'x'.repeat(part)}\r\n`;
    });
    return endpoint.send(`${head}${chunks.join('')}0\r\n\r\n`);
  };
  assert.equal((await endpoint.post('x'.repeat(bodyLimit))).status, 202);
  assert.equal((await chunked(bodyLimit)).status, 202);
  for (const answer of [
    await endpoint.post('x'.repeat(bodyLimit + 1)),
    await chunked(bodyLimit + 1),
  ]) {
    assert.deepEqual([answer.status, answer.errorCode], [413, 'body_too_large']);
  }
  assert.deepEqual(
    endpoint.seen.map(({ body }) => body.length),
    [bodyLimit, bodyLimit],
  );
});

test('a sender that goes on and on after 413 is cut off', async () => {
  using endpoint = await Endpoint.open({ bodyLimit: 1000 });
  const { socket, answer } = endpoint.sender(
    `POST /hook HTTP/1.1\r\nHost: 127.0.0.1:${endpoint.port}\r\nTransfer-Encoding: chunked\r\n\r\n`,
  );
  const chunk = `400\r\n${'x'.repeat(0x400)}\r\n`;
  const more = () => {
    if (!socket.destroyed) socket.write(chunk, more);
  };
  more();
  const { status } = await answer;
  assert.equal(status, 413);
});

test('a length that lies: the rest is no request, and a body cut short reaches no handler', async () => {
  using endpoint = await Endpoint.open();
  const head = (length: number) => [...HEAD, `Content-Length: ${length}`, '', ''].join('\r\n');
  const short = await endpoint.send(`${head(5)}hello this is not HTTP\r\n\r\n`);
  assert.match(short.text, /HTTP\/1\.1 400 /);
  assert.deepEqual(
    endpoint.seen.map(({ body }) => body.toString()),
    ['hello'],
  );
  const long = endpoint.sender(head(50).replaceAll('PORT', String(endpoint.port)), 'half of it');
  long.socket.end();
  await long.answer;
  assert.equal(endpoint.seen.length, 1);
});

test('two lengths, and a length beside chunks, are refused', async () => {
  using endpoint = await Endpoint.open();
  for (const framing of [
    ['Content-Length: 5', 'Content-Length: 6'],
    ['Content-Length: 5', 'Content-Length: 5'],
    ['Content-Length: 5', 'Transfer-Encoding: chunked'],
    ['Transfer-Encoding: chunked', 'Content-Length: 5'],
    ['Content-Length: -1'],
    ['Content-Length: 0x5'],
    ['Transfer-Encoding: identity'],
    ['Transfer-Encoding: chunked, identity'],
  ]) {
    const answer = await endpoint.send(...HEAD, ...framing, '', 'hello');
    assert.deepEqual([answer.status, answer.errorCode], [400, 'bad_request'], framing.join());
  }
  assert.equal(endpoint.seen.length, 0);
});

test('headers that are too many or too large are 431', async () => {
  using endpoint = await Endpoint.open({ maxHeaders: 20 });
  const some = (count: number) => Array.from({ length: count }, (_, index) => `X-${index}: 1`);
  // Host, Connection and Content-Length are there as well.
  assert.equal((await endpoint.post('', some(17))).status, 202);
  assert.deepEqual((await endpoint.post('', some(18))).errorCode, 'too_many_headers');
  assert.deepEqual((await endpoint.post('', some(500))).errorCode, 'too_many_headers');
  const large = await endpoint.post('', [`X-Large: ${'x'.repeat(20_000)}`]);
  assert.deepEqual([large.status, large.errorCode], [431, 'headers_too_large']);
});

test('headers that never end are cut off with 408', async () => {
  using endpoint = await Endpoint.open({ headerTimeoutMs: 100 });
  const answer = await endpoint.send('POST /hook HTTP/1.1', 'Host: 127.0.0.1:PORT', 'X-Slow: ');
  assert.deepEqual([answer.status, answer.errorCode], [408, 'timeout']);
});

test('a connection that says nothing is closed', async () => {
  using endpoint = await Endpoint.open({ headerTimeoutMs: 100 });
  await endpoint.sender().answer;
});

test('a body that never ends is cut off with 408, however it dribbles', async () => {
  using endpoint = await Endpoint.open({ bodyTimeoutMs: 150 });
  const { socket, answer } = endpoint.sender(
    `POST /hook HTTP/1.1\r\nHost: 127.0.0.1:${endpoint.port}\r\nContent-Length: 1000\r\n\r\n`,
  );
  const dribble = setInterval(() => socket.write('x'), 20);
  const { status, errorCode } = await answer;
  clearInterval(dribble);
  assert.deepEqual([status, errorCode], [408, 'timeout']);
  assert.equal(endpoint.seen.length, 0);
});

test('a body that nobody reads is cut off too', async () => {
  using endpoint = await Endpoint.open({ headerTimeoutMs: 100, bodyTimeoutMs: 100 });
  const { text } = await endpoint.send(
    'POST /nowhere HTTP/1.1',
    'Host: 127.0.0.1:PORT',
    'Content-Length: 1000',
    '',
    'x',
  );
  assert.match(text, /^HTTP\/1\.1 404 /);
});

test('connections beyond the most are closed, the others are served', async () => {
  using endpoint = await Endpoint.open({ maxConnections: 2 });
  const held = [endpoint.sender(), endpoint.sender()];
  await Promise.all(held.map(({ socket }) => once(socket, 'connect')));
  const { text } = await endpoint.post('{}');
  assert.equal(text, '');
  for (const { socket } of held) socket.destroy();
});

test('when the source stops, idle connections are closed and no more are taken', async () => {
  using endpoint = await Endpoint.open();
  const request = `POST /hook HTTP/1.1\r\nHost: 127.0.0.1:${endpoint.port}\r\nContent-Length: 2\r\n\r\n{}`;
  const idle = Array.from({ length: 5 }, () => endpoint.sender(request));
  await Promise.all(idle.map(({ socket }) => once(socket, 'data')));
  const fresh = endpoint.sender();
  await once(fresh.socket, 'connect');
  endpoint.stop.abort();
  for (const { answer } of [...idle, fresh]) await answer;
  const late = endpoint.sender();
  const [error] = (await once(late.socket, 'error')) as [NodeJS.ErrnoException];
  assert.equal(error.code, 'ECONNREFUSED');
});

test('when the source stops, a request under way is still answered', async () => {
  const steps = new EventEmitter();
  using endpoint = await Endpoint.open({
    routes: [
      {
        path: '/hook',
        handler: async () => {
          setImmediate(() => steps.emit('began'));
          await once(steps, 'go');
          return { status: 200, body: 'done' };
        },
      },
    ],
  });
  const began = once(steps, 'began');
  const { answer } = endpoint.sender(
    `POST /hook HTTP/1.1\r\nHost: 127.0.0.1:${endpoint.port}\r\nContent-Length: 0\r\n\r\n`,
  );
  await began;
  endpoint.stop.abort();
  steps.emit('go');
  const { status, body, headers } = await answer;
  assert.deepEqual([status, body, headers.get('connection')], [200, 'done', 'close']);
});

test('uploads that are broken off reach no handler, and leave room for others', async () => {
  const bodyLimit = 100_000;
  using endpoint = await Endpoint.open({ bodyLimit });
  for (let count = 0; count < 20; count += 1) {
    const { socket, answer } = endpoint.sender(
      `POST /hook HTTP/1.1\r\nHost: 127.0.0.1:${endpoint.port}\r\nContent-Length: ${bodyLimit}\r\n\r\n`,
    );
    await new Promise((resolve) => socket.write('x'.repeat(bodyLimit - 1), resolve));
    socket.resetAndDestroy();
    await answer;
  }
  assert.equal((await endpoint.post('x'.repeat(bodyLimit))).status, 202);
  assert.equal(endpoint.seen.length, 1);
  assert.deepEqual(
    endpoint.logged.filter(({ level }) => level !== 'debug'),
    [],
  );
});

test('bodies that together are too much are told to come back', async () => {
  const bodyLimit = 10_000;
  using endpoint = await Endpoint.open({ bodyLimit });
  const head = `POST /hook HTTP/1.1\r\nHost: 127.0.0.1:${endpoint.port}\r\nContent-Length: ${bodyLimit}\r\n\r\n`;
  const senders = Array.from({ length: 9 }, () => endpoint.sender(head, 'x'.repeat(bodyLimit - 1)));
  const refused = await Promise.race(
    senders.map(async ({ socket }) => {
      const [text] = (await once(socket, 'data')) as [string];
      return text;
    }),
  );
  assert.match(refused, /^HTTP\/1\.1 503 [\s\S]*retry-after: 1\r\n[\s\S]*"overloaded"/i);
  for (const { socket } of senders) socket.end('x');
  const answers = await Promise.all(senders.map(({ answer }) => answer));
  assert.equal(answers.filter(({ status }) => status === 202).length, 8);
  assert.equal((await endpoint.post('x'.repeat(bodyLimit))).status, 202);
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

test('a port that is in use fails the source, with the command that shows by whom', async () => {
  const other = createServer().listen(0, '127.0.0.1');
  await once(other, 'listening');
  const { port } = other.address() as AddressInfo;
  const failures: Error[] = [];
  const log = { debug() {}, info() {}, warn() {}, error() {} };
  const { openWebhook } = await import('../src/webhook/open.js');
  await assert.rejects(
    openWebhook(
      { port, routes: [{ path: '/', handler: () => ({ status: 200 }) }] },
      { signal: new AbortController().signal, log, fail: (error) => void failures.push(error) },
    ),
    (error) => {
      assert.ok(error instanceof WaitbusError);
      assert.equal(error.code, 'WAITBUS_SOURCE_FAILED');
      assert.match(error.message, new RegExp(`port ${port} of 127\\.0\\.0\\.1 is in use`));
      if (process.platform === 'linux') {
        assert.match(error.remedy, new RegExp(`^ss -ltnp 'sport = :${port}' shows`));
      }
      assert.deepEqual(failures, [error]);
      return true;
    },
  );
  other.close();
});

test('options that make no webhook are refused, all of them at once', () => {
  const handler = () => ({ status: 200 });
  const problems = (options: WebhookOptions) => {
    try {
      settingsOf(options);
      return '';
    } catch (error) {
      assert.ok(error instanceof WaitbusError && error.code === 'WAITBUS_BAD_CONFIG');
      return error.message;
    }
  };
  const route = { path: '/hook', handler };
  for (const host of ['127.0.0.1', '127.8.8.8', '::1']) {
    assert.equal(problems({ port: 0, host, routes: [route] }), '');
  }
  for (const host of ['0.0.0.0', '::', '192.168.1.2', 'localhost', '128.0.0.1', '']) {
    assert.match(problems({ port: 0, host, routes: [route] }), /is not a loopback address/);
  }
  const all = problems({
    port: 70_000,
    bodyLimit: 0,
    headerTimeoutMs: Number.NaN,
    routes: [route, route, { path: '/:id', handler }, { path: 'hook', method: 'get', handler }],
  });
  for (const problem of [
    /port: must be 0 to 65535/,
    /bodyLimit: must be over 0/,
    /headerTimeoutMs: must be over 0/,
    /POST \/hook is there twice/,
    /\/:id is not a plain path/,
    /hook is not a plain path/,
    /get is not a method in capital letters/,
  ]) {
    assert.match(all, problem);
  }
  assert.match(problems({ port: 0, routes: [] }), /there is none/);
});

test("the source's globals stay as Node has them", async () => {
  const before = [globalThis.Request, globalThis.Response, globalThis.fetch];
  using _endpoint = await Endpoint.open();
  assert.deepEqual([globalThis.Request, globalThis.Response, globalThis.fetch], before);
});
