/** Any bytes on the socket close that connection at most, and harm nothing else. */
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { connect } from 'node:net';
import { test } from 'node:test';
import { randomOf, seedOf } from '../support/property.js';
import { Sandbox } from '../support/sandbox.js';
import { WireClient } from '../support/wire.js';

const FRAMES = 20_000;
const CONNECTIONS = 1000;
const AT_ONCE = 20;

type Random = (below: number) => number;

const VALID: readonly string[] = [
  '{}',
  '{"proto":1,"filters":["owner/repo","*"],"event_types":["a"],"since":"00000000000000000000000000"}',
  '{"match":["fields.a=1","fields.b^=\\"x\\""],"any_of":[["fields.c>2"]],"sources":["agent"]}',
  '{"op":"subscribe","since":"00000000000000000000000000","errors":true}',
  '{"op":"emit","id":1,"events":[{"source":"agent","event_type":"noise","fields":{"n":1,"big":9007199254740993}}]}',
  '{"op":"emit","id":1,"events":[{"source":"agent","event_type":"noise","delivery_id":"x","received_at":1752000000123456789,"payload":[[[{}]]]}]}',
  '{"op":"get","id":2,"event_id":"00000000000000000000000000"}',
  '{"op":"status","id":3}',
  '{"op":"attach","id":4,"name":"n","will":{"source":"agent","event_type":"noise"}}',
  '{"op":"detach","id":5}',
];

test('20,000 random and mutated frames harm nothing but their own connections', async (t) => {
  const random = randomOf(seedOf(t));
  await using box = new Sandbox();
  const daemon = await box.daemon();
  const healthy = await WireClient.open(box.paths.socket);
  await healthy.request({ match: ['fields.marker>=0'] });
  const producer = await WireClient.open(box.paths.socket);
  for (let marker = 0; marker < CONNECTIONS / AT_ONCE; marker += 1) {
    await Promise.all(
      Array.from({ length: AT_ONCE }, () => {
        const frames = Array.from({ length: FRAMES / CONNECTIONS }, () => mutated(random));
        return talk(box.paths.socket, Buffer.concat(frames));
      }),
    );
    producer.send({
      op: 'emit',
      events: [{ source: 'agent', event_type: 'agent_note', fields: { marker } }],
    });
    const event = await healthy.next();
    assert.equal((event['fields'] as Record<string, unknown>)['marker'], marker);
  }
  assert.equal(daemon.child.exitCode, null);
  assert.equal(
    (await producer.count('emit_ack', CONNECTIONS / AT_ONCE)).length,
    CONNECTIONS / AT_ONCE,
  );
  const asking = await WireClient.open(box.paths.socket);
  const status = await asking.request({ op: 'status' });
  t.diagnostic(
    `${String(status['events'])} events were stored, ${String(status['subscribers'])} subscribers are left`,
  );
  assert.equal(status['subscribers'], 1);
  for (const client of [healthy, producer, asking]) client.close();
});

/** Sends bytes, says that no more come, and reads what there is until the daemon ends. */
async function talk(path: string, bytes: Buffer): Promise<void> {
  const socket = connect(path);
  socket.on('error', () => undefined);
  socket.resume();
  socket.end(bytes);
  await once(socket, 'close');
}

function mutated(random: Random): Buffer {
  const body = bodyOf(random);
  const prefix = Buffer.alloc(4);
  prefix.writeUInt32BE(body.length);
  // Now and then the length itself is wrong.
  if (random(20) === 0) prefix[random(4)] = random(256);
  return Buffer.concat([prefix, body]);
}

function bodyOf(random: Random): Buffer {
  const template = Buffer.from(VALID[random(VALID.length)] ?? '');
  switch (random(6)) {
    case 0:
      return Buffer.from(Array.from({ length: 1 + random(200) }, () => random(256)));
    case 1:
      return template;
    case 2:
      return template.subarray(0, 1 + random(template.length));
    case 3: {
      const at = random(template.length);
      const inserted = Buffer.from(Array.from({ length: random(8) }, () => random(256)));
      return Buffer.concat([template.subarray(0, at), inserted, template.subarray(at)]);
    }
    case 4:
      return Buffer.from(
        template.toString().replaceAll(/[^:,]+(?=[,}])/g, (value) => otherValue(random, value)),
      );
    default: {
      const copy = Buffer.from(template);
      for (let flips = 0; flips <= random(4); flips += 1) copy[random(copy.length)] = random(256);
      return copy;
    }
  }
}

/** JSON of another type or extent in the place of a value. */
function otherValue(random: Random, value: string): string {
  if (random(3) !== 0) return value;
  const values = [
    'null',
    '-1',
    '1e400',
    '"\\ud800"',
    '[]',
    '{}',
    'true',
    '99999999999999999999',
    `"${'x'.repeat(600)}"`,
  ];
  values.push(`${'['.repeat(5000)}${']'.repeat(5000)}`, `{"a":`.repeat(50) + '1' + '}'.repeat(50));
  return values[random(values.length)] ?? value;
}
