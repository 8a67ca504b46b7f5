/** A subscription from a cursor: what is replayed, where it ends, where retention was faster. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { event, KernelBox } from '../../../test/support/kernel.js';
import type { Frame } from '../../../test/support/wire.js';
import { FIRST_ULID } from '../../src/store/ulid.js';

test('replay is everything after the cursor up to caught_up_at, then live follows', async () => {
  using box = await KernelBox.start();
  const results = await box.kernel.publish(
    Array.from({ length: 1000 }, (_, n) => event({ fields: { n } })),
  );
  const client = await box.connect();
  const ack = await client.request({ since: results[399]?.event_id.toLowerCase() });
  assert.equal(ack['caught_up_at'], results[999]?.event_id);
  await box.kernel.publish([event({ fields: { n: 1000 } })]);
  const events = await client.count('event', 601);
  assert.deepEqual(
    events.map(numberOf),
    Array.from({ length: 601 }, (_, index) => 400 + index),
  );
});

test('a cursor at the head replays nothing and is live', async () => {
  using box = await KernelBox.start();
  const [head] = await box.kernel.publish([event()]);
  const client = await box.subscribe({ since: head?.event_id });
  const [next] = await box.kernel.publish([event()]);
  assert.equal((await client.next())['event_id'], next?.event_id);
});

test('with op and a cursor the end of the replay is told, also when nothing in it matches', async () => {
  using box = await KernelBox.start();
  const [result] = await box.kernel.publish([event()]);
  const client = await box.connect();
  client.send({ op: 'subscribe', since: FIRST_ULID, match: ['fields.none=1'] });
  assert.equal((await client.next())['kind'], 'subscribe_ack');
  assert.deepEqual(await client.next(), { kind: 'caught_up', head: result?.event_id });
});

test('a cursor older than what retention kept gets one gap, then all that is left', async () => {
  let now = 1_752_000_000_000;
  using box = await KernelBox.start({ now: () => now, retention: { maxAgeMs: 1000 } });
  const old = await box.kernel.publish([event(), event(), event()]);
  now += 5000;
  const kept = await box.kernel.publish([event()]);
  await box.restart();
  const client = await box.subscribe({ since: old[0]?.event_id });
  const gap = await client.next();
  assert.deepEqual(gap, { kind: 'gap', after: old[0]?.event_id, floor: old[2]?.event_id });
  assert.equal((await client.next())['event_id'], kept[0]?.event_id);
  const exact = await box.subscribe({ since: old[2]?.event_id });
  assert.equal((await exact.next())['event_id'], kept[0]?.event_id);
});

function numberOf(frame: Frame): unknown {
  return (frame['fields'] as Frame)['n'];
}
