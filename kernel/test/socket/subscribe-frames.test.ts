/** What a subscriber is sent, to the letter of protocol 1: every frame with exactly its members. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { event, KernelBox } from '../../../test/support/kernel.js';
import type { Frame, WireClient } from '../../../test/support/wire.js';
import { FIRST_ULID } from '../../src/store/ulid.js';

test('the acknowledgement has exactly the members of protocol 1', async () => {
  using box = await KernelBox.start();
  const live = await box.connect();
  assert.equal(
    JSON.stringify(await live.request({})),
    '{"kind":"subscribe_ack","proto":1,"caught_up_at":null,"heartbeat_sec":60,"max_frame_bytes":65536}',
  );
  const [head] = await box.kernel.publish([event()]);
  const replaying = await box.connect();
  assert.equal(
    JSON.stringify(await replaying.request({ proto: 1, since: FIRST_ULID })),
    `{"kind":"subscribe_ack","proto":1,"caught_up_at":"${head?.event_id}","heartbeat_sec":60,"max_frame_bytes":65536}`,
  );
});

test('with op the acknowledgement also tells the head, to resume from', async () => {
  using box = await KernelBox.start();
  const [head] = await box.kernel.publish([event()]);
  const client = await box.connect();
  assert.equal((await client.request({ op: 'subscribe' }))['head'], head?.event_id);
});

test('an event has exactly the members of protocol 1, and received_at all its digits', async () => {
  using box = await KernelBox.start();
  const client = await box.subscribe();
  const [result] = await box.kernel.publish([
    event({
      owner: 'o',
      repo: 'r',
      delivery_id: 'd',
      summary: 's',
      received_at: 1_752_000_000_123_456_789n,
      fields: { status: 'x' },
      payload: { not: 'on the wire' },
    }),
  ]);
  assert.deepEqual(await client.next(), {
    kind: 'event',
    event_id: result?.event_id,
    event_type: 'agent_note',
    owner: 'o',
    repo: 'r',
    received_at: 1_752_000_000_123_456_789n,
    delivery_id: 'd',
    summary: 's',
    fields: {
      status: 'x',
      source: 'agent',
      event_type: 'agent_note',
      owner: 'o',
      repo: 'r',
      ingest_method: 'emit',
    },
  });
});

test('an event over the cap comes as truncated, live and replayed, and get has it whole', async () => {
  using box = await KernelBox.start();
  const live = await box.subscribe();
  const fields = { pad: 'x'.repeat(70_000), msg_correlation_id: 'c' };
  const [result] = await box.kernel.publish([event({ fields })]);
  const replayed = await box.subscribe({ since: FIRST_ULID });
  const expected = {
    kind: 'truncated',
    event_id: result?.event_id,
    reason: 'frame_too_large',
    max_frame_bytes: 65_536,
    correlation_id: 'c',
  };
  assert.deepEqual(await live.next(), expected);
  assert.deepEqual(await replayed.next(), expected);
  const asking = await box.connect();
  const full = await asking.request({ op: 'get', event_id: result?.event_id });
  assert.equal(((full['event'] as Frame)['fields'] as Frame)['pad'], fields.pad);
});

test('heartbeats come to all, with the time and the uptime', async () => {
  using box = await KernelBox.start({ heartbeatSec: 0.02 });
  const clients: WireClient[] = [
    await box.subscribe(),
    await box.subscribe({ match: ['fields.a=1'] }),
  ];
  for (const client of clients) {
    const [beat = {}] = await client.count('daemon_heartbeat', 1);
    assert.deepEqual(Object.keys(beat), ['kind', 'ts', 'uptime_sec']);
    assert.ok(!Number.isNaN(Date.parse(String(beat['ts']))));
    assert.ok(Number.isInteger(beat['uptime_sec']));
  }
});
