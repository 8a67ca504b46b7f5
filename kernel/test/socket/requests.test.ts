/** get, status, attach and what is none of them. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { event, KernelBox } from '../../../test/support/kernel.js';
import { exchange, framed } from '../../../test/support/raw.js';
import { encodeText } from '../../src/socket/frame.js';
import { FIRST_ULID } from '../../src/store/ulid.js';

test('get returns the event whole, its payload and digits included', async () => {
  using box = await KernelBox.start();
  const client = await box.connect();
  const payload = { big: 9007199254740993n, text: 'ü\u0000' };
  const [result] = await box.kernel.publish([
    event({
      delivery_id: 'd',
      received_at: 1_752_000_000_123_456_789n,
      payload,
      ingest_method: 'webhook',
    }),
  ]);
  assert.deepEqual(await client.request({ op: 'get', id: 2, event_id: result?.event_id }), {
    kind: 'event_full',
    id: 2,
    event: {
      kind: 'event',
      event_id: result?.event_id,
      event_type: 'agent_note',
      owner: 'local',
      repo: 'local',
      received_at: 1_752_000_000_123_456_789n,
      delivery_id: 'd',
      summary: '',
      fields: {
        source: 'agent',
        event_type: 'agent_note',
        owner: 'local',
        repo: 'local',
        ingest_method: 'webhook',
      },
      source: 'agent',
      ingest_method: 'webhook',
      payload,
    },
  });
});

test('get of what is not there and of what is no id are errors', async () => {
  using box = await KernelBox.start();
  const client = await box.connect();
  assert.equal(
    (await client.request({ op: 'get', event_id: FIRST_ULID }))['code'],
    'WAITBUS_UNKNOWN_EVENT',
  );
  for (const eventId of [undefined, 5, '', 'x'.repeat(26)]) {
    assert.equal(
      (await client.request({ op: 'get', event_id: eventId }))['code'],
      'WAITBUS_BAD_CURSOR',
    );
  }
});

test('status tells the head, the floor and who is there', async () => {
  using box = await KernelBox.start({
    describe: () => ({ version: '1.2.3' }),
    now: () => 1_795_000_000_000,
  });
  const subscriber = await box.subscribe();
  const [result] = await box.kernel.publish([event()]);
  await subscriber.next();
  const client = await box.connect();
  await client.request({ op: 'attach', name: 'agent-a' });
  const { store_bytes: bytes, ...status } = await client.request({ op: 'status', id: 3 });
  assert.deepEqual(status, {
    kind: 'status',
    id: 3,
    head: result?.event_id,
    floor: null,
    events: 1,
    subscribers: 1,
    attached: ['agent-a'],
    present: [{ name: 'agent-a', since: 1_795_000_000_000 }],
    version: '1.2.3',
  });
  assert.ok(Number(bytes) > 0);
});

test('an unknown op is an error and the connection stays', async () => {
  using box = await KernelBox.start();
  const client = await box.connect();
  for (const op of ['nonsense', 5, null, ['emit'], 'toString', '__proto__']) {
    const error = await client.request({ op, id: 1 });
    assert.deepEqual(
      [error['kind'], error['id'], error['code']],
      ['error', 1, 'WAITBUS_BAD_REQUEST'],
    );
  }
  assert.equal((await client.request({ op: 'status' }))['kind'], 'status');
});

test('a request that was added is answered, and its failure too', async () => {
  using box = await KernelBox.start();
  box.kernel.handle('double', ({ n }) => {
    if (typeof n !== 'number') throw new TypeError('n is no number');
    return { kind: 'doubled', n: n * 2 };
  });
  const client = await box.connect();
  assert.deepEqual(await client.request({ op: 'double', id: 1, n: 4 }), {
    kind: 'doubled',
    n: 8,
    id: 1,
  });
  const failed = await client.request({ op: 'double', id: 2 });
  assert.deepEqual([failed['code'], failed['message']], ['WAITBUS_INTERNAL', 'n is no number']);
});

const WILL = event({ event_type: 'agent_died', fields: { name: 'agent-a' } });

test('the last will of a client that goes without a word is published', async () => {
  using box = await KernelBox.start();
  const watcher = await box.subscribe();
  const client = await box.connect();
  assert.deepEqual(await client.request({ op: 'attach', id: 4, name: 'agent-a', will: WILL }), {
    kind: 'attached',
    id: 4,
  });
  client.close();
  assert.equal((await watcher.next())['event_type'], 'agent_died');
});

test('the last will of a client that breaks the framing is published', async () => {
  using box = await KernelBox.start();
  const watcher = await box.subscribe();
  const client = await box.connect();
  await client.request({ op: 'attach', name: 'agent-a', will: WILL });
  client.socket.write(Buffer.alloc(4));
  assert.equal((await watcher.next())['event_type'], 'agent_died');
});

test('a client that detached leaves no will, and may attach again', async () => {
  using box = await KernelBox.start();
  const watcher = await box.subscribe();
  const client = await box.connect();
  await client.request({ op: 'attach', name: 'agent-a', will: WILL });
  assert.deepEqual(await client.request({ op: 'detach', id: 5 }), { kind: 'detached', id: 5 });
  assert.equal((await client.request({ op: 'attach', name: 'agent-b' }))['kind'], 'attached');
  client.socket.end();
  await client.closed;
  await box.kernel.publish([event({ summary: 'afterwards' })]);
  assert.equal((await watcher.next())['summary'], 'afterwards');
});

test('the daemon ending publishes no will', async () => {
  using box = await KernelBox.start();
  const client = await box.connect();
  await client.request({ op: 'attach', name: 'agent-a', will: WILL });
  await box.restart();
  await client.closed;
  const asking = await box.connect();
  assert.equal((await asking.request({ op: 'status' }))['events'], 0);
});

test('a second attach, a bad name and a bad will are errors', async () => {
  using box = await KernelBox.start();
  const client = await box.connect();
  for (const name of [undefined, '', 5, 'x'.repeat(257)]) {
    assert.equal((await client.request({ op: 'attach', name }))['code'], 'WAITBUS_BAD_REQUEST');
  }
  assert.equal(
    (await client.request({ op: 'attach', name: 'a', will: { source: 1 } }))['code'],
    'WAITBUS_BAD_EVENT',
  );
  assert.equal((await client.request({ op: 'attach', name: 'a' }))['kind'], 'attached');
  assert.equal(
    (await client.request({ op: 'attach', name: 'b' }))['code'],
    'WAITBUS_ALREADY_ATTACHED',
  );
});

test('a request other than emit may have 65,536 bytes and not one more', async () => {
  using box = await KernelBox.start();
  const ofBytes = (bytes: number) => `{"op":"status","pad":"${'x'.repeat(bytes - 24)}"}`;
  const client = await box.connect();
  assert.equal(ofBytes(65_536).length, 65_536);
  client.socket.write(encodeText(ofBytes(65_536)));
  assert.equal((await client.next())['kind'], 'status');
  client.socket.write(encodeText(ofBytes(65_537)));
  assert.equal((await client.next())['code'], 'WAITBUS_BAD_FRAME');
  await client.closed;
});

test('a subscribe over 65,536 bytes closes silently with a clean EOF', async () => {
  using box = await KernelBox.start();
  const { bytes, ended } = await exchange(
    box.paths.socket,
    framed(`{"pad":"${'x'.repeat(65_536)}"}`),
  );
  assert.deepEqual([bytes.length, ended], [0, 'eof']);
});

for (const [name, bytes] of [
  ['a length of 0', Buffer.alloc(4)],
  ['a length over the cap', Buffer.from([1, 0, 0, 1])],
  ['a length of 2^32-1', Buffer.alloc(4, 0xff)],
  ['a body that is not JSON', framed('hello')],
  ['a body that is not an object', framed('[]')],
  ['an HTTP request', Buffer.from('GET / HTTP/1.1\r\nHost: localhost\r\n\r\n')],
] as const) {
  test(`${name} closes that connection silently, and after an op with an error`, async () => {
    using box = await KernelBox.start();
    const other = await box.subscribe();
    const silent = await exchange(box.paths.socket, bytes);
    assert.deepEqual([silent.bytes.length, silent.ended], [0, 'eof']);
    const speaking = await box.connect();
    await speaking.request({ op: 'status' });
    speaking.socket.write(bytes);
    assert.equal((await speaking.next())['code'], 'WAITBUS_BAD_FRAME');
    await speaking.closed;
    await box.kernel.publish([event()]);
    assert.equal((await other.next())['kind'], 'event');
  });
}
