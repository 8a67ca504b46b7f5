/** watch, take, woke, ack and wakes over the socket: each event wakes a name once, whatever dies. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { event, KernelBox } from '../../../test/support/kernel.js';
import { seedOf } from '../../../test/support/property.js';
import type { Frame, WireClient } from '../../../test/support/wire.js';

const MATCH = ['event_type="ping"'];
const ping = (n: number, more: object = {}) =>
  event({ event_type: 'ping', fields: { n }, ...more });
const emit = (client: WireClient, ...events: object[]) =>
  client.request({ op: 'emit', id: 'e', events });
const watch = (client: WireClient, name = 'ada', more: object = {}) =>
  client.request({ op: 'watch', id: 'w', name, match: MATCH, ...more });
const take = (client: WireClient, more: object = {}) =>
  client.request({ op: 'take', id: 't', name: 'ada', ...more });
const woke = (client: WireClient) => client.request({ op: 'woke', id: 'k' });
const numbers = (taken: Frame) =>
  (taken['events'] as Frame[]).map(({ fields }) => (fields as { n: number }).n);

async function states(client: WireClient): Promise<unknown[]> {
  const { wakes } = await client.request({ op: 'wakes', id: 's', name: 'ada' });
  return (wakes as Frame[]).map(({ state }) => state).reverse();
}

test('what came since the watch was made is given, and after woke never again', async () => {
  using box = await KernelBox.start({ now: () => 5000 });
  const a = await box.connect();
  await emit(a, ping(0));
  const made = (await watch(a))['watch'] as Frame;
  assert.deepEqual([made['name'], made['match'], made['created_at']], ['ada', MATCH, 5000]);
  await emit(a, ping(1), event({ event_type: 'other' }), ping(2));
  assert.deepEqual(await states(a), ['matched', 'matched']);
  const first = await take(a, { max: 1 });
  assert.deepEqual([numbers(first), first['gap']], [[1], null]);
  assert.deepEqual(await states(a), ['delivered', 'matched']);
  assert.deepEqual(numbers(await take(a)), [2]);
  assert.deepEqual(numbers(await take(a)), [], 'given again while nothing was said of it');
  assert.equal((await woke(a))['count'], 2);
  assert.deepEqual(await states(a), ['woke', 'woke']);
  assert.deepEqual(numbers(await take(a)), []);
  assert.equal((await a.request({ op: 'ack', id: 1, name: 'ada' }))['count'], 2);
  assert.equal((await a.request({ op: 'ack', id: 2, name: 'ada' }))['count'], 0);
  assert.deepEqual(await states(a), ['acked', 'acked']);
});

test('a take that waits is answered by the event, and the next one by the next', async () => {
  using box = await KernelBox.start();
  const [a, b, c] = await Promise.all([box.connect(), box.connect(), box.connect()]);
  await watch(a);
  a.send({ op: 'take', id: 1, name: 'ada', wait: true });
  b.send({ op: 'take', id: 2, name: 'ada', wait: true });
  await c.request({ op: 'status', id: 3 });
  await emit(c, event({ event_type: 'other' }));
  await emit(c, ping(1));
  assert.deepEqual(numbers((await a.count('taken', 1))[0] ?? {}), [1]);
  assert.equal(b.frames.length, 0);
  await emit(c, ping(2));
  assert.deepEqual(numbers((await b.count('taken', 1))[0] ?? {}), [2]);
});

test('who is given an event and ends without a word has it given to the next', async () => {
  using box = await KernelBox.start();
  const [a, b] = await Promise.all([box.connect(), box.connect()]);
  await watch(a);
  await emit(a, ping(1));
  assert.deepEqual(numbers(await take(a)), [1]);
  b.send({ op: 'take', id: 2, name: 'ada', wait: true });
  a.close();
  assert.deepEqual(numbers((await b.count('taken', 1))[0] ?? {}), [1]);
  await woke(b);
  b.close();
  const c = await box.connect();
  assert.deepEqual(numbers(await take(c)), []);
});

test('over a restart what was only given is given again, and what woke is not', async () => {
  using box = await KernelBox.start();
  let client = await box.connect();
  await watch(client);
  await watch(client);
  await emit(client, ping(1), ping(2));
  assert.deepEqual(numbers(await take(client, { max: 1 })), [1]);
  await woke(client);
  assert.deepEqual(numbers(await take(client)), [2]);
  await box.restart();
  client = await box.connect();
  assert.deepEqual(await states(client), ['woke', 'matched']);
  assert.deepEqual(numbers(await take(client)), [2]);
  const { watches } = await client.request({ op: 'watches', id: 'l' });
  assert.equal((watches as Frame[]).length, 1, 'the same watch twice');
});

test('an event that several watches of a name take wakes it once', async () => {
  using box = await KernelBox.start();
  const client = await box.connect();
  await watch(client);
  await watch(client, 'ada', { match: ['fields.n>0'] });
  await watch(client, 'bob');
  await emit(client, ping(1), event({ event_type: 'other', fields: { n: 2 } }));
  assert.deepEqual(numbers(await take(client)), [1, 2]);
  assert.deepEqual(numbers(await take(client, { name: 'bob' })), [1]);
});

test('a watch from a cursor, a removed one, and one that a parked take gets to hear of', async () => {
  using box = await KernelBox.start();
  const [a, b] = await Promise.all([box.connect(), box.connect()]);
  await emit(a, ping(1));
  const old = (await watch(a, 'ada', { since: '0'.repeat(26) }))['watch'] as Frame;
  assert.deepEqual(numbers(await take(a)), [1]);
  await woke(a);
  b.send({ op: 'take', id: 1, name: 'ada', wait: true });
  await watch(a, 'ada', { match: ['event_type="late"'] });
  const one = { op: 'unwatch', id: 2, name: 'ada', watch: old['watch'] };
  assert.equal((await a.request(one))['removed'], 1);
  await emit(a, ping(2));
  await emit(a, event({ event_type: 'late', fields: { n: 3 } }));
  assert.deepEqual(numbers((await b.count('taken', 1))[0] ?? {}), [3]);
  assert.equal((await a.request({ op: 'unwatch', id: 3, name: 'ada' }))['removed'], 1);
  const refused = await take(a);
  assert.match(String(refused['message']), /nothing is watched for ada/);
  assert.match(String(refused['remedy']), /waitbus watch --for ada/);
});

test('what retention removed before it was looked at is told as a gap, once', async () => {
  using box = await KernelBox.start({ retention: { maxBytes: 200_000 }, heartbeatSec: 0.02 });
  const client = await box.connect();
  await watch(client);
  const large = ping(0, { payload: 'x'.repeat(90_000) });
  await emit(client, large);
  assert.deepEqual(await states(client), ['matched']);
  for (let n = 1; n < 8; n += 1) await emit(client, ping(n, { payload: 'x'.repeat(90_000) }));
  // Retention looks with every heartbeat.
  for (let floor: unknown; floor === undefined;) {
    const log = await box.subscribe({ op: 'subscribe', since: '0'.repeat(26) });
    floor = (await log.next())['floor'];
    log.close();
  }
  const taken = await take(client);
  assert.notEqual(taken['gap'], null);
  assert.ok(!numbers(taken).includes(0));
  assert.equal((await take(client))['gap'], null);
});

test('malformed requests are errors and change nothing', async () => {
  using box = await KernelBox.start();
  const client = await box.connect();
  const code = async (message: object) => (await client.request({ id: 9, ...message }))['code'];
  assert.equal(await code({ op: 'watch', name: 'a b', match: MATCH }), 'WAITBUS_BAD_REQUEST');
  assert.equal(await code({ op: 'watch', name: 'a', match: ['x'] }), 'WAITBUS_BAD_PREDICATE');
  assert.equal(await code({ op: 'take', name: 'a', max: 0 }), 'WAITBUS_BAD_REQUEST');
  assert.equal(await code({ op: 'wakes', limit: 1001 }), 'WAITBUS_BAD_REQUEST');
  assert.equal(await code({ op: 'ack', name: 'a', up_to: 'x' }), 'WAITBUS_BAD_CURSOR');
  for (let n = 0; n < 64; n += 1) await watch(client, 'a', { match: [`fields.n=${n}`] });
  const refused = await watch(client, 'a');
  assert.match(String(refused['message']), /a has 64 watches already/);
  const { watches } = await client.request({ op: 'watches', id: 1 });
  assert.equal((watches as Frame[]).length, 64);
});

type Step = 'emit' | 'take' | 'woke' | 'die' | 'restart';
const step = fc.constantFrom<Step>('emit', 'emit', 'take', 'take', 'woke', 'die', 'restart');

test('whatever takers and the daemon do, every event wakes exactly once in the end', async (t) => {
  const property = fc.asyncProperty(fc.array(step, { maxLength: 30 }), async (steps) => {
    using box = await KernelBox.start();
    let takers: WireClient[] = [await box.connect(), await box.connect()];
    await watch(takers[0] as WireClient);
    const wokeOnce: number[] = [];
    const given = new Map<WireClient, number[]>();
    let next = 0;
    for (const [at, one] of steps.entries()) {
      const taker = takers[at % takers.length] as WireClient;
      if (one === 'emit') await emit(await box.connect(), ping((next += 1)));
      if (one === 'take')
        given.set(taker, [...(given.get(taker) ?? []), ...numbers(await take(taker))]);
      if (one === 'woke') {
        await woke(taker);
        wokeOnce.push(...(given.get(taker) ?? []));
        given.delete(taker);
      }
      if (one === 'die') {
        taker.close();
        given.delete(taker);
        takers[at % takers.length] = await box.connect();
      }
      if (one === 'restart') {
        await box.restart();
        given.clear();
        takers = [await box.connect(), await box.connect()];
      }
    }
    for (const taker of takers) taker.close();
    const last = await box.connect();
    last.send({ op: 'take', id: 1, name: 'ada' });
    // Those that were killed are noticed in their turn: what they held comes in a later take.
    for (;;) {
      const left = numbers(await last.next());
      wokeOnce.push(...left);
      await woke(last);
      if (wokeOnce.length >= next) break;
      last.send({ op: 'take', id: 1, name: 'ada', wait: true });
    }
    assert.deepEqual(
      wokeOnce.sort((x, y) => x - y),
      Array.from({ length: next }, (_, n) => n + 1),
    );
  });
  await fc.assert(property, { seed: seedOf(t), numRuns: 40 });
});
