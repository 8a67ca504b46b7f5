/** The request emit: acknowledged when stored, all of it or none. */
import assert from 'node:assert/strict';
import { copyFileSync } from 'node:fs';
import { test } from 'node:test';
import { WaitbusError } from '@waitbus/plugin-sdk/envelope';
import { event, KernelBox } from '../../../test/support/kernel.js';
import { encodeFrame } from '../../src/socket/frame.js';

test('an emit is acknowledged with its id and one result for each event', async () => {
  using box = await KernelBox.start();
  const client = await box.connect();
  const ack = await client.request({
    op: 'emit',
    id: 'any',
    events: [event(), event({ delivery_id: 'd' })],
  });
  const results = ack['results'] as { event_id: string; inserted: boolean }[];
  assert.deepEqual(Object.keys(ack), ['kind', 'id', 'results']);
  assert.deepEqual([ack['kind'], ack['id'], results.length], ['emit_ack', 'any', 2]);
  assert.ok((results[0]?.event_id ?? '') < (results[1]?.event_id ?? ''));
  const again = await client.request({ op: 'emit', id: 2, events: [event({ delivery_id: 'd' })] });
  assert.deepEqual(again['results'], [{ event_id: results[1]?.event_id, inserted: false }]);
});

const nested = (depth: number): unknown => (depth === 0 ? 1 : { a: nested(depth - 1) });
const keys = (count: number) =>
  Object.fromEntries(Array.from({ length: count }, (_, n) => [`k${n}`, n]));

const BAD: readonly (readonly [name: string, members: object, message: RegExp])[] = [
  ['no source', { source: undefined }, /^source is missing/],
  ['a source with capitals', { source: 'Agent' }, /^source "Agent" does not match/],
  ['a source of 33 characters', { source: 'a'.repeat(33) }, /^source /],
  ['no event_type', { event_type: undefined }, /^event_type is missing/],
  ['an event_type with a dash', { event_type: 'a-b' }, /^event_type /],
  ['an event_type of 65 characters', { event_type: 'a'.repeat(65) }, /^event_type /],
  ['an event_type with a line end', { event_type: 'a\n' }, /^event_type /],
  ['a delivery_id of 513 bytes', { delivery_id: 'é'.repeat(256) + 'x' }, /^delivery_id .*512/],
  ['an empty delivery_id', { delivery_id: '' }, /^delivery_id /],
  ['a delivery_id that is a number', { delivery_id: 5 }, /^delivery_id /],
  ['an owner that is an object', { owner: {} }, /^owner /],
  ['a repo of 257 bytes', { repo: 'x'.repeat(257) }, /^repo /],
  ['a negative received_at', { received_at: -1 }, /^received_at /],
  ['a fractional received_at', { received_at: 1.5 }, /^received_at /],
  ['a received_at beyond 64 bits', { received_at: 2n ** 63n }, /^received_at /],
  ['a received_at that is a string', { received_at: '1' }, /^received_at /],
  ['a summary that is a list', { summary: [] }, /^summary /],
  ['fields that are a list', { fields: [] }, /^fields /],
  ['257 fields', { fields: keys(257) }, /^fields .*256/],
  [
    '257 fields in all, some nested',
    { fields: { ...keys(200), deep: [keys(56)] } },
    /^fields .*256/,
  ],
  ['fields 9 deep', { fields: nested(9) }, /^fields .*8/],
  ['fields of lists 9 deep', { fields: { a: [[[[[[[[1]]]]]]]] } }, /^fields .*8/],
  ['a payload over 10 MiB', { payload: 'x'.repeat(10 * 1024 * 1024 - 1) }, /^payload .*10485760/],
  ['an ingest_method with a blank', { ingest_method: 'a b' }, /^ingest_method /],
  ['an unknown member', { recieved_at: 1 }, /^"recieved_at" is not a member/],
];

for (const [name, members, message] of BAD) {
  test(`${name} is refused by the name of the field, and the connection stays`, async () => {
    using box = await KernelBox.start();
    const client = await box.connect();
    const error = await client.request({ op: 'emit', id: 7, events: [event(members)] });
    assert.deepEqual(
      [error['kind'], error['id'], error['code']],
      ['error', 7, 'WAITBUS_BAD_EVENT'],
    );
    assert.match(String(error['message']), message);
    assert.match(String(error['remedy']), /\w/);
    assert.equal((await client.request({ op: 'status' }))['events'], 0);
  });
}

const FINE: readonly (readonly [name: string, members: object])[] = [
  ['a source of 32 characters', { source: `a${'-'.repeat(31)}` }],
  ['an event_type of 64 characters', { event_type: 'a'.repeat(64) }],
  ['a delivery_id of 512 bytes', { delivery_id: 'é'.repeat(256) }],
  ['256 fields', { fields: keys(256) }],
  ['fields 8 deep', { fields: nested(8) }],
  ['a payload of 10 MiB', { payload: 'x'.repeat(10 * 1024 * 1024 - 2) }],
  ['a received_at of 63 bits', { received_at: 2n ** 63n - 1n }],
  [
    'members named as on Object.prototype',
    { fields: JSON.parse('{"__proto__":1,"constructor":2}') as object },
  ],
];

for (const [name, members] of FINE) {
  test(`${name} is taken`, async () => {
    using box = await KernelBox.start();
    const client = await box.connect();
    assert.equal(
      (await client.request({ op: 'emit', events: [event(members)] }))['kind'],
      'emit_ack',
    );
  });
}

test('a summary is cut at 400 characters, between characters', async () => {
  using box = await KernelBox.start();
  const client = await box.subscribe();
  await box.kernel.publish([event({ summary: '\u{1F600}'.repeat(500) })]);
  assert.equal((await client.next())['summary'], '\u{1F600}'.repeat(400));
});

for (const [name, events, code] of [
  ['no list', 'x', 'WAITBUS_BAD_REQUEST'],
  ['an empty list', [], 'WAITBUS_BAD_REQUEST'],
  ['an event that is not an object', [1], 'WAITBUS_BAD_EVENT'],
  ['1,001 events', Array.from({ length: 1001 }, () => event()), 'WAITBUS_BAD_EVENT'],
] as const) {
  test(`an emit of ${name} is refused`, async () => {
    using box = await KernelBox.start();
    const client = await box.connect();
    assert.equal((await client.request({ op: 'emit', events }))['code'], code);
    assert.equal((await client.request({ op: 'status' }))['events'], 0);
  });
}

test('1,000 events of one request are one commit', async () => {
  using box = await KernelBox.start();
  const client = await box.connect();
  const ack = await client.request({
    op: 'emit',
    events: Array.from({ length: 1000 }, () => event()),
  });
  assert.equal((ack['results'] as unknown[]).length, 1000);
});

test('one bad event of a request keeps all of it out, and is named by its place', async () => {
  using box = await KernelBox.start();
  const client = await box.connect();
  const error = await client.request({
    op: 'emit',
    events: [event(), event({ owner: 1 }), event()],
  });
  assert.match(String(error['message']), /^events\[1\]: owner must be a string/);
  assert.equal((await client.request({ op: 'status' }))['events'], 0);
});

test('a source that is not installed is refused', async () => {
  using box = await KernelBox.start();
  box.kernel.onInterest({
    checkSource: (name) => {
      throw new WaitbusError('WAITBUS_UNKNOWN_SOURCE', `source ${name} is not installed`);
    },
    interest: () => ({ scopes: new Map(), begin: () => undefined, release: () => undefined }),
  });
  const client = await box.connect();
  const error = await client.request({ op: 'emit', events: [event()] });
  assert.equal(error['code'], 'WAITBUS_UNKNOWN_SOURCE');
});

test('emits that arrive in one piece are acknowledged each, in order, a bad one among them too', async () => {
  using box = await KernelBox.start();
  const client = await box.connect();
  const requests = Array.from({ length: 200 }, (_, id) =>
    encodeFrame({
      op: 'emit',
      id,
      events: [id === 100 ? event({ source: '!' }) : event({ fields: { id } })],
    }),
  );
  client.socket.write(Buffer.concat(requests));
  await client.count('emit_ack', 199);
  const acks = client.frames.filter(({ kind }) => kind === 'emit_ack');
  const ids = acks.map(({ id }) => id as number);
  assert.deepEqual(
    ids,
    [...ids].sort((one, other) => one - other),
  );
  assert.deepEqual(
    client.frames.filter(({ kind }) => kind === 'error').map(({ id }) => id),
    [100],
  );
  const eventIds = acks.map(
    ({ results }) => (results as { event_id: string }[])[0]?.event_id ?? '',
  );
  assert.deepEqual(eventIds, [...eventIds].sort());
});

test('a producer that closes its sending side still gets its acknowledgements, then EOF', async () => {
  using box = await KernelBox.start();
  const client = await box.connect();
  for (let id = 0; id < 50; id += 1) client.send({ op: 'emit', id, events: [event()] });
  client.socket.end();
  assert.equal((await client.count('emit_ack', 50)).length, 50);
  await client.closed;
});

test('an acknowledged event is committed: it is in the files as a kill would leave them', async () => {
  using box = await KernelBox.start();
  const { default: Database } = await import('better-sqlite3');
  const client = await box.connect();
  const ack = await client.request({ op: 'emit', events: [event()] });
  const copy = box.place.path('copy.db');
  copyFileSync(box.paths.store, copy);
  copyFileSync(`${box.paths.store}-wal`, `${copy}-wal`);
  const db = new Database(copy);
  const row = db.prepare('SELECT event_id FROM events').get();
  db.close();
  assert.deepEqual(row, { event_id: (ack['results'] as { event_id: string }[])[0]?.event_id });
});

for (const [name, id] of [
  ['nested deeper than a stack', `${'['.repeat(200_000)}${']'.repeat(200_000)}`],
  ['an object', '{"a":1}'],
  ['a text of 64 KiB', JSON.stringify('x'.repeat(65_536))],
] as const) {
  test(`an id that is ${name} is an error and harms nobody else`, async () => {
    using box = await KernelBox.start();
    const [client, other] = [await box.connect(), await box.connect()];
    const { encodeText } = await import('../../src/socket/frame.js');
    client.socket.write(
      encodeText(`{"op":"emit","id":${id},"events":[${JSON.stringify(event())}]}`),
    );
    const beside = other.request({ op: 'emit', id: 1, events: [event()] });
    const error = await client.next();
    assert.equal(error['kind'], 'error');
    assert.deepEqual([error['code'], error['id']], ['WAITBUS_BAD_REQUEST', null]);
    assert.equal((await beside)['kind'], 'emit_ack');
    assert.equal((await client.request({ op: 'status' }))['events'], 1);
  });
}

test('ids come back as they were: text, number and 64-bit number', async () => {
  using box = await KernelBox.start();
  const client = await box.connect();
  const [result] = await box.kernel.publish([event()]);
  for (const id of ['text', 0, -1.5, 9007199254740993n]) {
    assert.equal((await client.request({ op: 'emit', id, events: [event()] }))['id'], id);
    assert.equal((await client.request({ op: 'get', id, event_id: result?.event_id }))['id'], id);
    assert.equal((await client.request({ op: 'nonsense', id }))['id'], id);
  }
});
