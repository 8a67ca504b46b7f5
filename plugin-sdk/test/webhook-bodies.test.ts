/** The webhook against bodies: too long, of a false length, without end, broken off, too many. */
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { test } from 'node:test';
import { Endpoint } from './support/endpoint.js';

const HEAD = ['POST /hook HTTP/1.1', 'Host: 127.0.0.1:PORT'];

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
