/**
 * 5,000 events in a burst to 64 subscribers of which one is slow, frozen or dead: the other 63 get
 * every event in order and once, and the daemon's memory stays bounded.
 */
import assert from 'node:assert/strict';
import { test, type TestContext } from 'node:test';
import { fileURLToPath } from 'node:url';
import { Listener } from '../support/listener.js';
import { forgetPeak, MEMORY_BOUND_MIB, peakMiB, residentMiB } from '../support/process.js';
import { Sandbox, type Running } from '../support/sandbox.js';
import { WireClient } from '../support/wire.js';

const EVENTS = 5000;
const OTHERS = 63;
const PAD = 'x'.repeat(200);
const SLOW_READER = fileURLToPath(new URL('../fixtures/slow_reader.py', import.meta.url));

interface Scene {
  readonly reader: Running;
  /** Emits the burst; resolves with its event_ids once all 63 have it. */
  readonly burst: () => Promise<readonly string[]>;
  /** The daemon's peak since before the burst is within its bound. */
  readonly assertBounded: () => void;
}

test('a subscriber that reads 100 bytes a second gets all in its own time', async (t) => {
  await using box = new Sandbox();
  const { reader, burst, assertBounded } = await prepare(t, box);
  const ids = await burst();
  reader.child.stdin?.end('go\n');
  assert.deepEqual(await idsOf(reader), ids);
  assertBounded();
});

test('a subscriber that is frozen gets all once it runs again', async (t) => {
  await using box = new Sandbox();
  const { reader, burst, assertBounded } = await prepare(t, box);
  reader.child.kill('SIGSTOP');
  const ids = await burst();
  reader.child.kill('SIGCONT');
  reader.child.stdin?.end('go\n');
  assert.deepEqual(await idsOf(reader), ids);
  assertBounded();
});

test('a subscriber that dies amid the burst leaves nothing behind', async (t) => {
  await using box = new Sandbox();
  const { reader, burst, assertBounded } = await prepare(t, box);
  const delivered = burst();
  reader.child.kill('SIGKILL');
  await reader.ended;
  await delivered;
  const asking = await WireClient.open(box.paths.socket);
  assert.equal((await asking.request({ op: 'status' }))['subscribers'], OTHERS);
  asking.close();
  assertBounded();
});

async function prepare(t: TestContext, box: Sandbox): Promise<Scene> {
  const daemon = await box.daemon();
  const pid = daemon.child.pid ?? 0;
  const clients = Array.from({ length: OTHERS }, () => new Listener(box.paths.socket));
  t.after(() => {
    for (const client of clients) client.close();
  });
  await Promise.all(clients.map((client) => client.acknowledged));
  const reader = box.start('python3', [SLOW_READER, box.paths.socket, String(EVENTS)], {
    stdio: ['pipe', 'pipe', 'pipe'],
  });
  await reader.says(/ready/);
  const idle = residentMiB(pid);
  forgetPeak(pid);

  const burst = async () => {
    const started = performance.now();
    const ids = await emit(box);
    const acknowledged = performance.now();
    const received = await Promise.all(clients.map((client) => client.count(EVENTS)));
    const done = performance.now();
    const peak = peakMiB(pid);
    t.diagnostic(
      `acknowledged after ${Math.round(acknowledged - started)} ms, with all ${OTHERS} after ` +
        `${Math.round(done - started)} ms; idle ${idle.toFixed(1)} MiB, peak ${peak.toFixed(1)} MiB`,
    );
    for (const events of received) assert.deepEqual(events, ids);
    return ids;
  };
  const assertBounded = () => {
    const grown = peakMiB(pid) - idle;
    assert.ok(grown < MEMORY_BOUND_MIB, `the daemon grew by ${grown.toFixed(1)} MiB`);
  };
  return { reader, burst, assertBounded };
}

/** All in one piece, 50 requests of 100 events. */
async function emit(box: Sandbox): Promise<string[]> {
  const producer = await WireClient.open(box.paths.socket);
  for (let request = 0; request < 50; request += 1) {
    const events = Array.from({ length: EVENTS / 50 }, (_, n) => ({
      source: 'agent',
      event_type: 'agent_note',
      fields: { request, n, pad: PAD },
    }));
    producer.send({ op: 'emit', id: request, events });
  }
  const acks = await producer.count('emit_ack', 50);
  producer.close();
  return acks.flatMap(({ results }) =>
    (results as { event_id: string }[]).map(({ event_id: id }) => id),
  );
}

async function idsOf(reader: Running): Promise<string[]> {
  const { code, stdout, stderr } = await reader.ended;
  assert.equal(code, 0, stderr);
  return stdout.trim().split('\n').slice(1);
}
