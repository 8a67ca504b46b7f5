/** A source's webhook: whatever is sent, answers are HTTP, and the next sender is served. */
import assert from 'node:assert/strict';
import { Endpoint, type Sender } from '../../../plugin-sdk/test/support/endpoint.js';
import { mutate, type Random } from '../mutate.js';
import type { Target } from '../target.js';

/** As on the wire; `PORT` is put in once it is known. */
const HTTP: readonly Buffer[] = [
  'POST /hook HTTP/1.1\r\nHost: 127.0.0.1:PORT\r\nContent-Length: 5\r\n\r\nhello',
  'POST /hook?a=%41 HTTP/1.1\r\nHost: localhost:PORT\r\nTransfer-Encoding: chunked\r\n\r\n5;x=y\r\nhello\r\n0\r\nTrailer: x\r\n\r\n',
  'GET /hook HTTP/1.0\r\nHost: [::1]:PORT\r\nConnection: keep-alive\r\n\r\n',
  'POST /hook HTTP/1.1\r\nHost: 127.0.0.1:PORT\r\nContent-Length: 2\r\nExpect: 100-continue\r\n\r\n{}',
  'POST http://127.0.0.1:PORT/hook HTTP/1.1\r\nHost: x\r\nHost: y\r\nContent-Length: 0\r\n\r\n',
  'POST /hook HTTP/1.1\r\nHost: 127.0.0.1:PORT\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n\r\n',
  'CONNECT x:1 HTTP/1.1\r\nHost: x\r\n\r\nOPTIONS * HTTP/1.1\r\nHost: localhost:PORT\r\n\r\n',
].map((text) => Buffer.from(text));

const BODY_LIMIT = 4096;
const STATUSES = new Set([100, 202, 400, 403, 404, 405, 408, 413, 417, 421, 431, 503]);

/** @returns the target, with an endpoint of its own that is opened by the first check */
export function webhook(): Target {
  let opened: Promise<Endpoint> | null = null;
  return {
    name: 'webhook',
    make: (random) => mutate(random, HTTP),
    check: async (input, random) => {
      const endpoint = await (opened ??= Endpoint.open({ bodyLimit: BODY_LIMIT }));
      const text = input.toString('latin1').replaceAll('PORT', String(endpoint.port));
      const sender = endpoint.sender();
      const { text: answer } = await send(sender, Buffer.from(text, 'latin1'), random);
      for (const [, status] of answer.matchAll(/^HTTP\/1\.1 (\d+)/gm)) {
        assert.ok(STATUSES.has(Number(status)), answer);
      }
      assert.match(answer, /^(HTTP\/1\.1 [\s\S]*)?$/);
      for (const { path, body } of endpoint.seen.splice(0)) {
        assert.equal(path, '/hook');
        assert.ok(body.length <= BODY_LIMIT);
      }
      assert.deepEqual(
        endpoint.logged.splice(0).filter(({ level }) => level !== 'debug'),
        [],
      );
      assert.equal((await endpoint.post('next')).body, '{"bytes":4}');
      endpoint.seen.length = 0;
    },
    close: async () => (await opened)?.stop.abort(),
  };
}

async function send({ socket, answer }: Sender, bytes: Buffer, random: Random) {
  const half = random(bytes.length + 1);
  socket.write(bytes.subarray(0, half));
  socket.end(bytes.subarray(half));
  return answer;
}
