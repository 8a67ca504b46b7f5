/** The webhook against what comes before a body: hosts, targets, web pages, headers without end. */
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { test } from 'node:test';
import { Endpoint } from './support/endpoint.js';

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

test('connections beyond the most are closed, the others are served', async () => {
  using endpoint = await Endpoint.open({ maxConnections: 2 });
  const held = [endpoint.sender(), endpoint.sender()];
  await Promise.all(held.map(({ socket }) => once(socket, 'connect')));
  const { text } = await endpoint.post('{}');
  assert.equal(text, '');
  for (const { socket } of held) socket.destroy();
});
