/** Peers that do not read: what they may cost, and that they lose nothing. */
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { test } from 'node:test';
import { event, KernelBox } from '../../../test/support/kernel.js';
import type { Frame, WireClient } from '../../../test/support/wire.js';
import { encodeFrame } from '../../src/socket/frame.js';

const MIB = 1024 * 1024;

test('a producer that reads no acknowledgements is read no further, and gets them all later', async (t) => {
  using box = await KernelBox.start();
  const producer = await box.connect();
  producer.socket.pause();
  const total = 40_000;
  for (let id = 0; id < total; id += 1) {
    producer.socket.write(encodeFrame({ op: 'emit', id, events: [event()] }));
  }
  const taken = await takenAtRest(await box.connect());
  t.diagnostic(`${taken} of ${total} emits were taken before the daemon paused`);
  assert.ok(taken > 0 && taken < total / 2, String(taken));
  producer.socket.resume();
  const acks = await producer.count('emit_ack', total);
  assert.deepEqual(
    acks.map(({ id }) => id),
    Array.from({ length: total }, (_, id) => id),
  );
});

test('a client that asks for large events and does not read them is answered one by one', async (t) => {
  using box = await KernelBox.start();
  const [result] = await box.kernel.publish([event({ payload: 'x'.repeat(4 * MIB) })]);
  const client = await box.connect();
  const asking = await box.connect();
  client.socket.pause();
  const before = process.memoryUsage().rss;
  const gets = Array.from({ length: 50 }, (_, id) =>
    encodeFrame({ op: 'get', id, event_id: result?.event_id }),
  );
  client.socket.write(Buffer.concat(gets));
  await takenAtRest(asking);
  const grown = (process.memoryUsage().rss - before) / MIB;
  t.diagnostic(`grown by ${grown.toFixed(0)} MiB`);
  assert.ok(grown < 80, `grown by ${grown} MiB for 50 answers of 4 MiB that nobody reads`);
  client.socket.resume();
  const answers = await client.count('event_full', 50);
  assert.deepEqual(
    answers.map(({ id }) => id),
    Array.from({ length: 50 }, (_, id) => id),
  );
});

test('a frozen subscriber gets everything, in order and once, when it reads again', async () => {
  using box = await KernelBox.start();
  const frozen = await box.subscribe();
  const healthy = await box.subscribe();
  frozen.socket.pause();
  const batch = Array.from({ length: 100 }, () => event({ fields: { pad: 'x'.repeat(1000) } }));
  for (let round = 0; round < 100; round += 1) await box.kernel.publish(batch);
  const expected = await healthy.count('event', 10_000);
  assert.ok(frozen.frames.length < 1000);
  frozen.socket.resume();
  const events = await frozen.count('event', 10_000);
  assert.equal(idsOf(events), idsOf(expected));
});

test('a frozen subscriber does not keep the others waiting', async () => {
  using box = await KernelBox.start();
  const frozen = await Promise.all(Array.from({ length: 10 }, () => box.subscribe()));
  for (const { socket } of frozen) socket.pause();
  const healthy = await box.subscribe();
  for (let n = 0; n < 2000; n += 1) {
    await box.kernel.publish([event({ fields: { n, pad: 'x'.repeat(1000) } })]);
    assert.equal(((await healthy.next())['fields'] as Record<string, unknown>)['n'], n);
  }
});

test('subscribers that die in the middle of a burst leave nothing behind', async () => {
  using box = await KernelBox.start();
  const clients = await Promise.all(Array.from({ length: 20 }, () => box.subscribe()));
  const healthy = await box.subscribe();
  for (let round = 0; round < 50; round += 1) {
    await box.kernel.publish(
      Array.from({ length: 50 }, () => event({ fields: { pad: 'x'.repeat(1000) } })),
    );
    clients[round]?.close();
  }
  await healthy.count('event', 2500);
  const asking = await box.connect();
  assert.equal((await asking.request({ op: 'status' }))['subscribers'], 1);
});

test('a subscriber that dies while its replay is stalled leaves nothing behind', async () => {
  using box = await KernelBox.start();
  await box.kernel.publish(
    Array.from({ length: 1000 }, () => event({ fields: { pad: 'x'.repeat(2000) } })),
  );
  const client = await box.subscribe({ since: '0'.repeat(26) });
  client.socket.pause();
  client.close();
  await once(client.socket, 'close');
  const asking = await box.connect();
  let subscribers: unknown = 1;
  while (subscribers !== 0) subscribers = (await asking.request({ op: 'status' }))['subscribers'];
  await box.kernel.publish([event()]);
});

function idsOf(events: readonly Frame[]): string {
  return events.map(({ event_id: id }) => String(id)).join('\n');
}

/**
 * The number of stored events once it no longer changes: a round trip of another connection is a
 * turn of the daemon's loop in which it would have read the peer's bytes, were it reading them.
 */
async function takenAtRest(asking: WireClient): Promise<number> {
  let taken = -1;
  for (let same = 0; same < 40;) {
    const { events } = await asking.request({ op: 'status' });
    same = events === taken ? same + 1 : 0;
    taken = Number(events);
  }
  return taken;
}
