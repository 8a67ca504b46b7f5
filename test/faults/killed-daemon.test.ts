/** An acknowledged emit survives kill -9 of the daemon, and reaches a resuming subscriber once. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { encodeFrame } from '@waitbus/kernel/frame';
import { FIRST_ULID } from '@waitbus/kernel/ulid';
import { Sandbox } from '../support/sandbox.js';
import { WireClient, type Frame } from '../support/wire.js';

const EMITS = 10_000;
const PAD = 'x'.repeat(300);

test('kill -9 amid 10,000 pipelined emits loses no acknowledged one and repeats none', async (t) => {
  await using box = new Sandbox();
  const daemon = await box.daemon();
  const subscriber = await WireClient.open(box.paths.socket);
  await subscriber.request({});
  const producer = await WireClient.open(box.paths.socket);
  producer.socket.write(
    Buffer.concat(
      Array.from({ length: EMITS }, (_, n) =>
        encodeFrame({
          op: 'emit',
          id: n,
          events: [{ source: 'agent', event_type: 'agent_note', fields: { n, pad: PAD } }],
        }),
      ),
    ),
  );
  await producer.count('emit_ack', EMITS / 10);
  daemon.child.kill('SIGKILL');
  await Promise.all([daemon.ended, subscriber.closed, producer.closed]);
  const acknowledged = producer.frames.map(eventIdOfAck);
  const before = subscriber.frames.filter(isEvent);
  t.diagnostic(`${acknowledged.length} acknowledged, ${before.length} received before the kill`);
  assert.ok(acknowledged.length < EMITS, 'the kill came in the middle');

  await box.daemon();
  const reader = await WireClient.open(box.paths.socket);
  const status = await reader.request({ op: 'status' });
  const stored = Number(status['events']);
  assert.ok(stored >= acknowledged.length);
  await reader.request({ op: 'subscribe', since: FIRST_ULID });
  const all = await reader.count('event', stored);
  assert.deepEqual(
    all.map(numberOf),
    range(0, stored),
    'a prefix of what was sent, in order, once',
  );
  assert.deepEqual(all.slice(0, acknowledged.length).map(eventId), acknowledged);

  const resumed = await WireClient.open(box.paths.socket);
  await resumed.request({ since: before.map(eventId).at(-1) ?? FIRST_ULID });
  const after = await resumed.count('event', stored - before.length);
  assert.deepEqual([...before, ...after].map(eventId), all.map(eventId));
  for (const client of [reader, resumed]) client.close();
});

function eventIdOfAck(frame: Frame): unknown {
  return (frame['results'] as { event_id: string }[])[0]?.event_id;
}

function isEvent({ kind }: Frame): boolean {
  return kind === 'event';
}

function eventId({ event_id: id }: Frame): string {
  return String(id);
}

function numberOf({ fields }: Frame): unknown {
  return (fields as Frame)['n'];
}

function range(from: number, to: number): number[] {
  return Array.from({ length: to - from }, (_, index) => from + index);
}
