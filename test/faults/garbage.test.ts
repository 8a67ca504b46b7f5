/** Any bytes on the socket close that connection at most, and harm nothing else. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { requestFrame } from '../fuzz/requests.js';
import { randomOf, seedOf } from '../support/property.js';
import { talk } from '../support/raw.js';
import { Sandbox } from '../support/sandbox.js';
import { WireClient } from '../support/wire.js';

const FRAMES = 20_000;
const CONNECTIONS = 1000;
const AT_ONCE = 20;

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
        const frames = Array.from({ length: FRAMES / CONNECTIONS }, () => requestFrame(random));
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
