/** What strangers and accidents do to the port of the github source does not reach what it is for. */
import assert from 'node:assert/strict';
import { connect } from 'node:net';
import { test } from 'node:test';
import { deliver, freePort, GithubStage, SECRET, signature } from '../support/github-stage.js';

const BODY = '{"ref":"refs/heads/main","repository":{"full_name":"acme/app"}}';

/** Writes a request line by line and resolves with the status of the answer. */
function send(port: number, lines: readonly string[], body = ''): Promise<number> {
  const socket = connect({ port, host: '127.0.0.1' });
  let text = '';
  socket.setEncoding('utf8').on('data', (chunk: string) => (text += chunk));
  socket.on('error', () => undefined);
  socket.write(`${[...lines, 'Connection: close', '', ''].join('\r\n')}${body}`);
  return new Promise((resolve) => {
    socket.once('close', () => resolve(Number(text.split(' ')[1] ?? 0)));
  });
}

test('each is refused in its own way, and a delivery in the middle of it all is taken', async () => {
  await using stage = new GithubStage();
  const port = await freePort();
  const secrets = { 'github-webhook-secret': SECRET };
  const source = await stage.begin({ config: { webhook: { port } }, secrets });
  await source.ready();
  const host = `Host: 127.0.0.1:${port}`;
  const signed = [`X-Hub-Signature-256: ${signature(BODY, SECRET)}`, 'X-GitHub-Event: push'];
  const post = ['POST /webhook HTTP/1.1', host, ...signed];
  const length = `Content-Length: ${BODY.length}`;
  // One that never ends its headers, and one that never ends its body.
  const slow = [connect(port, '127.0.0.1'), connect(port, '127.0.0.1')];
  for (const socket of slow) socket.on('error', () => undefined);
  slow[0]?.write('POST /webhook HTTP/1.1\r\nX-Slow:');
  slow[1]?.write(`${[...post, 'Content-Length: 1000', '', ''].join('\r\n')}{`);
  const chunked = `${BODY.length.toString(16)}\r\n${BODY}\r\n0\r\n\r\n`;
  assert.deepEqual(
    {
      get: await send(port, ['GET /webhook HTTP/1.1', host]),
      path: await send(port, ['POST / HTTP/1.1', host, ...signed, length], BODY),
      name: await send(port, [post[0] ?? '', 'Host: evil.example', ...signed, length], BODY),
      twice: await send(port, [...post, length, 'Content-Length: 3'], BODY),
      both: await send(port, [...post, length, 'Transfer-Encoding: chunked'], chunked),
      huge: await send(port, [...post, 'Content-Length: 27000000'], ' '.repeat(27_000_000)),
      page: await send(port, [...post, length, 'Origin: https://evil.example'], BODY),
    },
    { get: 405, path: 404, name: 421, twice: 400, both: 400, huge: 413, page: 403 },
  );
  assert.equal(stage.events.length, 0);
  assert.equal(await send(port, [...post, 'Transfer-Encoding: chunked'], chunked), 200);
  assert.equal((await deliver({ port, kind: 'push', payload: `${BODY} ` })).status, 200);
  assert.equal(stage.events.length, 2);
  assert.equal((await deliver({ port, kind: 'push', payload: BODY })).status, 200);
  assert.equal(stage.events.length, 2, 'what was signed once is one event');
  for (const socket of slow) socket.destroy();
});

test('without a secret no port is open, and what is said names the command for one', async () => {
  await using stage = new GithubStage();
  const port = await freePort();
  const source = await stage.begin({ config: { webhook: { port } } });
  await source.ready();
  await assert.rejects(fetch(`http://127.0.0.1:${port}/webhook`, { method: 'POST' }));
  assert.deepEqual(source.described, [
    'no webhook without a secret: waitbus secret set github-webhook-secret --for github',
  ]);
});
