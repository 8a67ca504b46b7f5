/** Watches over the socket: what settles an event, what is said of lost ones, and what keeps order. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { event, KernelBox } from '../../../test/support/kernel.js';
import type { Frame, WireClient } from '../../../test/support/wire.js';

const NAME = 'claude:5f3c';
const ping = (n: number, more: object = {}) =>
  event({ event_type: 'ping', fields: { n }, ...more });
const ids = (frames: unknown) => (frames as Frame[]).map(({ event_id: id }) => String(id));
const numbers = (taken: Frame) =>
  (taken['events'] as Frame[]).map(({ fields }) => (fields as { n: number }).n);

async function emit(client: WireClient, ...events: object[]): Promise<string[]> {
  return ids((await client.request({ op: 'emit', id: 'e', events }))['results']);
}
const watch = (client: WireClient, more: object = {}) =>
  client.request({ op: 'watch', id: 'w', name: NAME, match: ['event_type="ping"'], ...more });
const take = (client: WireClient, more: object = {}) =>
  client.request({ op: 'take', id: 't', name: NAME, ...more });
const ack = (client: WireClient, upTo?: string) =>
  client.request({ op: 'ack', id: 'a', name: NAME, up_to: upTo });
const wakes = (client: WireClient, more: object = {}) =>
  client.request({ op: 'wakes', id: 's', name: NAME, ...more });

/** Emits large events until retention has removed some. */
async function overflow(box: KernelBox, client: WireClient): Promise<void> {
  for (let n = 1; n < 8; n += 1) await emit(client, ping(n, { payload: 'x'.repeat(90_000) }));
  // Retention looks with every heartbeat.
  for (let floor: unknown; floor === undefined;) {
    const log = await box.subscribe({ op: 'subscribe', since: '0'.repeat(26) });
    floor = (await log.next())['floor'];
    log.close();
  }
}
const SMALL = { retention: { maxBytes: 200_000 }, heartbeatSec: 0.02 };

test('woke up to an event settles those before it, and the rest is given to the next', async () => {
  using box = await KernelBox.start();
  const [a, b] = await Promise.all([box.connect(), box.connect()]);
  await watch(a);
  await emit(a, ping(1), ping(2), ping(3));
  const taken = await take(a);
  const [, second] = ids(taken['events']);
  assert.equal((await a.request({ op: 'woke', id: 1, up_to: second }))['count'], 2);
  assert.deepEqual(numbers(await take(b)), [], 'it is still in the hand of the first');
  b.send({ op: 'take', id: 2, name: NAME, wait: true });
  a.close();
  assert.deepEqual(numbers((await b.count('taken', 2))[1] ?? {}), [3]);
});

test('an acknowledgement up to an event counts for what nobody has looked at yet', async () => {
  using box = await KernelBox.start();
  const client = await box.connect();
  await watch(client);
  const sent = await emit(client, ...Array.from({ length: 300 }, (_, n) => ping(n)));
  assert.equal((await ack(client, sent[298]))['count'], 299);
  assert.deepEqual(numbers(await take(client)), [299]);
});

test('more than may wait is acknowledged in one go, and what follows is given', async () => {
  using box = await KernelBox.start();
  const [a, b] = await Promise.all([box.connect(), box.connect()]);
  await watch(a);
  let last = '';
  for (let round = 0; round < 3; round += 1) {
    const sent = await emit(a, ...Array.from({ length: 1000 }, (_, n) => ping(n)));
    last = sent.at(-1) ?? '';
  }
  assert.equal((await ack(a, last))['count'], 3000);
  b.send({ op: 'take', id: 1, name: NAME, wait: true });
  await emit(a, ping(7));
  assert.deepEqual(numbers((await b.count('taken', 1))[0] ?? {}), [7]);
});

test('a taker that waits while others hold all that may wait is served once there is room', async () => {
  using box = await KernelBox.start();
  const [a, b, c] = await Promise.all([box.connect(), box.connect(), box.connect()]);
  await watch(a);
  await emit(a, ...Array.from({ length: 1000 }, (_, n) => ping(n)));
  for (let given = 0; given < 1000;) given += numbers(await take(a)).length;
  await emit(c, ping(1000));
  b.send({ op: 'take', id: 1, name: NAME, wait: true });
  await c.request({ op: 'status', id: 2 });
  assert.equal(b.frames.length, 0);
  await a.request({ op: 'woke', id: 3 });
  assert.deepEqual(numbers((await b.count('taken', 1))[0] ?? {}), [1000]);
});

test('a gap is told until one who was told says woke, over a restart too', async () => {
  using box = await KernelBox.start(SMALL);
  let client = await box.connect();
  await watch(client);
  await emit(client, ping(0));
  await overflow(box, client);
  // The watch looks on, and whoever asked hears nothing of it.
  await wakes(client);
  await box.restart();
  client = await box.connect();
  const first = await take(client);
  assert.match(String((first['gap'] as Frame)['floor']), /^[0-9A-Z]{26}$/);
  const other = await box.connect();
  assert.equal((await take(other))['gap'], null, 'the first has it in its hand');
  other.send({ op: 'take', id: 1, name: NAME, wait: true });
  client.close();
  const second = await other.next();
  assert.deepEqual(second['gap'], first['gap']);
  await other.request({ op: 'woke', id: 2 });
  assert.equal((await take(other))['gap'], null);
});

test('what was matched and removed before it was taken is a gap', async () => {
  using box = await KernelBox.start(SMALL);
  const client = await box.connect();
  await watch(client);
  await emit(client, ping(0, { payload: 'x'.repeat(90_000) }));
  assert.equal(ids((await wakes(client))['wakes']).length, 1);
  await overflow(box, client);
  const taken = await take(client);
  assert.notEqual(taken['gap'], null);
  assert.ok(!numbers(taken).includes(0));
});

test('the times of wakes are told whatever waits beside them, several events at once as one', async () => {
  let now = 1000;
  using box = await KernelBox.start({ now: () => now });
  const client = await box.connect();
  await watch(client);
  for (const at of [2000, 3000]) {
    now = at;
    await emit(client, ping(1), ping(2));
    await take(client);
    await client.request({ op: 'woke', id: 1 });
  }
  await emit(client, ...Array.from({ length: 500 }, (_, n) => ping(n)));
  assert.deepEqual((await wakes(client, { limit: 1 }))['woken_at'], [3000, 2000]);
});

test('a connection waits in one take at a time', async () => {
  using box = await KernelBox.start();
  const [a, b] = await Promise.all([box.connect(), box.connect()]);
  await watch(a);
  a.send({ op: 'take', id: 1, name: NAME, wait: true });
  assert.match(String((await take(a, { wait: true }))['message']), /waits in a take already/);
  await emit(b, ping(1));
  assert.deepEqual(numbers((await a.count('taken', 1))[0] ?? {}), [1]);
});

test('a watch that nobody uses is forgotten after 30 days, but not under one who waits', async () => {
  const DAY_MS = 24 * 3_600_000;
  let now = 0;
  using box = await KernelBox.start({ now: () => now, heartbeatSec: 0.02 });
  const [a, b] = await Promise.all([box.connect(), box.connect()]);
  await watch(a);
  await watch(a, { name: 'bob' });
  b.send({ op: 'take', id: 1, name: NAME, wait: true });
  await a.request({ op: 'status', id: 2 });
  const names = async () => {
    const { watches } = await a.request({ op: 'watches', id: 3 });
    return (watches as Frame[]).map(({ name }) => name);
  };
  now = 29 * DAY_MS;
  // The one who waits counts as a use with a heartbeat, which comes by itself.
  for (let used: unknown = 0; used !== now;) {
    const { watches } = await a.request({ op: 'watches', id: 4, name: NAME });
    used = (watches as Frame[])[0]?.['used_at'];
  }
  now = 31 * DAY_MS;
  while ((await names()).length === 2);
  assert.deepEqual(await names(), [NAME]);
  await emit(a, ping(1));
  assert.deepEqual(numbers((await b.count('taken', 1))[0] ?? {}), [1]);
});
