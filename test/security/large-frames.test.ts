/** Somebody sends what is large or deep: nobody else waits for it, and it takes no more memory than its bytes. */
import assert from 'node:assert/strict';
import { test, type TestContext } from 'node:test';
import {
  MAX_EMIT_BYTES,
  MAX_UNFINISHED_BYTES,
  SCANNED_BYTES,
} from '../../kernel/src/socket/frame.js';
import { event, KernelBox } from '../support/kernel.js';
import { framed, RawClient } from '../support/raw.js';

/** Watches JSON.parse: what a daemon in this process builds. Returns the longest text so far. */
function longestParsed(t: TestContext): () => number {
  const parse = t.mock.method(JSON, 'parse');
  return () => Math.max(0, ...parse.mock.calls.map(({ arguments: [text] }) => text.length));
}

const MANY_OBJECTS = `[${'{},'.repeat(3_300_000)}{}]`;

test('a payload of millions of objects is stored as it came, and none of them is built', async (t) => {
  using box = await KernelBox.start();
  const client = await box.connect();
  const longest = longestParsed(t);
  const text = JSON.stringify({ op: 'emit', id: 1, events: [event({ payload: 0 })] });
  client.socket.write(framed(text.replace('"payload":0', () => `"payload":${MANY_OBJECTS}`)));
  const ack = await client.next();
  assert.equal(ack['kind'], 'emit_ack');
  assert.ok(longest() < SCANNED_BYTES, `${longest()} characters were parsed`);
  const [{ event_id: id } = { event_id: '' }] = ack['results'] as { event_id: string }[];
  const full = await client.request({ op: 'get', event_id: id });
  assert.equal((full['event'] as { payload: unknown[] }).payload.length, 3_300_001);
});

test('a payload is taken in blanks and escapes that make it longer than the limit', async () => {
  using box = await KernelBox.start();
  const client = await box.connect();
  const text = JSON.stringify({ op: 'emit', id: 1, events: [event({ payload: 0 })] });
  // 10.5 million bytes as they are sent, 3.5 million as JSON.stringify writes them.
  const payload = `"${'\\u0416'.repeat(1_750_000)}"`;
  client.socket.write(framed(text.replace('"payload":0', () => `"payload": ${payload}`)));
  const { results } = await client.next();
  const [{ event_id: id } = { event_id: '' }] = results as { event_id: string }[];
  const full = await client.request({ op: 'get', event_id: id });
  assert.equal((full['event'] as { payload: string }).payload, 'Ж'.repeat(1_750_000));
});

for (const [name, body] of [
  ['fields of a million objects', `{"op":"emit","events":[{"fields":{"a":${MANY_OBJECTS}}}]}`],
  ['a million lists in each other', `{"op":"emit","events":${'['.repeat(1_000_000)}`],
] as const) {
  test(`${name} are refused before one is built, and the connection stays`, async (t) => {
    using box = await KernelBox.start();
    const client = await box.connect();
    const longest = longestParsed(t);
    client.socket.write(framed(body));
    assert.equal((await client.next())['code'], 'WAITBUS_BAD_REQUEST');
    assert.ok(longest() < SCANNED_BYTES, `${longest()} characters were parsed`);
    assert.equal((await client.request({ op: 'status' }))['events'], 0);
  });
}

test('a large payload that is no JSON ends the connection, and nothing of it is stored', async () => {
  using box = await KernelBox.start();
  const client = await box.connect();
  await client.request({ op: 'status' });
  const bad = `[${'{},'.repeat(100_000)}01]`;
  client.socket.write(framed(`{"op":"emit","events":[{"payload":${bad}}]}`));
  assert.equal((await client.next())['code'], 'WAITBUS_BAD_FRAME');
  const other = await box.connect();
  assert.equal((await other.request({ op: 'status' }))['events'], 0);
});

test('unfinished frames share a room; what finds none waits, and small requests do not', async () => {
  using box = await KernelBox.start();
  const begun = Buffer.from('{"op":"emit","events":[');
  const prefix = Buffer.alloc(4);
  prefix.writeUInt32BE(MAX_EMIT_BYTES);
  const greedy = Array.from({ length: MAX_UNFINISHED_BYTES / MAX_EMIT_BYTES }, () => {
    const client = new RawClient(box.paths.socket);
    client.socket.write(Buffer.concat([prefix, begun]));
    return client;
  });
  const small = await box.connect();
  // Connections are read in the order in which they came: theirs have been by now.
  assert.equal((await small.request({ op: 'emit', events: [event()] }))['kind'], 'emit_ack');
  const late = await box.connect();
  const acknowledged = late.request({
    op: 'emit',
    events: [event({ payload: 'x'.repeat(2 * SCANNED_BYTES) })],
  });
  for (let n = 0; n < 3; n += 1) await small.request({ op: 'status' });
  assert.equal((await small.request({ op: 'status' }))['events'], 1, 'the late one waits');
  greedy[0]?.socket.destroy();
  assert.equal((await acknowledged)['kind'], 'emit_ack');
  for (const { socket } of greedy) socket.destroy();
});
