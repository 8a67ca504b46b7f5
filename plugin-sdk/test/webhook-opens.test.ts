/** How the webhook opens and closes: options, a port in use, a source that stops. */
import assert from 'node:assert/strict';
import { EventEmitter, once } from 'node:events';
import { createServer, type AddressInfo } from 'node:net';
import { test } from 'node:test';
import { WaitbusError } from '../src/envelope/index.js';
import { settingsOf, type WebhookOptions } from '../src/webhook/options.js';
import { Endpoint } from './support/endpoint.js';

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

test('a port that is in use fails the source, with the command that shows by whom', async () => {
  const other = createServer().listen(0, '127.0.0.1');
  await once(other, 'listening');
  const { port } = other.address() as AddressInfo;
  const failures: Error[] = [];
  const log = { debug() {}, info() {}, warn() {}, error() {} };
  const { openWebhook } = await import('../src/webhook/open.js');
  await assert.rejects(
    openWebhook(
      {
        port,
        setting: 'sources.x.port',
        routes: [{ path: '/', handler: () => ({ status: 200 }) }],
      },
      { signal: new AbortController().signal, log, fail: (error) => void failures.push(error) },
    ),
    (error) => {
      assert.ok(error instanceof WaitbusError);
      assert.equal(error.code, 'WAITBUS_SOURCE_FAILED');
      assert.match(error.message, new RegExp(`port ${port} of 127\\.0\\.0\\.1 is in use`));
      if (process.platform === 'linux') {
        assert.match(error.remedy, new RegExp(`^ss -ltnp 'sport = :${port}' shows`));
      }
      assert.match(error.remedy, /or set another port, sources\.x\.port, in the configuration\.$/);
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
