/** Out of file descriptors: who is connected lives on, who comes is told at once, and it passes. */
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { readdirSync } from 'node:fs';
import { test } from 'node:test';
import { Sandbox, type Running } from '../support/sandbox.js';
import { WireClient } from '../support/wire.js';

const EVENT = { source: 'agent', event_type: 'agent_note' };
const EMIT = ['emit', '--source', 'agent', '--event-type', 'agent_note'];
const linux =
  process.platform === 'linux' && spawnSync('prlimit', ['--version']).status === 0
    ? false
    : 'needs prlimit and /proc';

/** Leaves the daemon this many descriptors; the system gives out the lowest that is free. */
function limit(daemon: Running, more: number): void {
  const pid = String(daemon.child.pid);
  const taken = new Set(readdirSync(`/proc/${pid}/fd`).map(Number));
  let open = 0;
  while (taken.has(open)) open += 1;
  const set = spawnSync('prlimit', ['--pid', pid, `--nofile=${open + more}:`]);
  assert.equal(set.status, 0, String(set.stderr));
}

/** Connects until one is refused; that one's answer and those that were served. */
async function crowd(path: string): Promise<{ served: WireClient[]; refusal: unknown }> {
  const served: WireClient[] = [];
  for (let n = 0; n < 200; n += 1) {
    const client = await WireClient.open(path);
    const answer = await client.request({});
    if (answer['kind'] !== 'subscribe_ack') {
      await client.closed;
      return { served, refusal: answer['code'] };
    }
    served.push(client);
  }
  return { served, refusal: null };
}

test(
  'clients beyond the limit are refused by name; the others are served on',
  { skip: linux },
  async (t) => {
    await using box = new Sandbox();
    const daemon = await box.daemon();
    limit(daemon, 40);
    const { served, refusal } = await crowd(box.paths.socket);
    assert.equal(refusal, 'WAITBUS_TOO_MANY_CLIENTS');
    t.diagnostic(`${served.length} clients were served`);
    const [producer, ...subscribers] = served;
    assert.ok(producer && subscribers.length > 5);

    producer.send({ op: 'emit', id: 1, events: [EVENT] });
    await Promise.all(served.map((client) => client.count('event', 1)));
    await producer.count('emit_ack', 1);

    // The reserve is there for sources and files: a wait in it starts fs, and is not hurt.
    const waiting = await box.run(['wait', '--source', 'agent', '--timeout', '60s']);
    assert.equal(waiting.code, 2, waiting.stderr);
    assert.match(waiting.stderr, /WAITBUS_TOO_MANY_CLIENTS/);
    assert.match(waiting.stderr, /ulimit/);
    const emitted = await box.run(EMIT);
    assert.equal(emitted.code, 0, emitted.stderr);
    assert.match(emitted.stdout, /spooled/);
    // The daemon sees the file at once, as it keeps descriptors for that.
    await Promise.all(served.map((client) => client.count('event', 2)));

    const fs = { op: 'subscribe', sources: ['fs'], cwd: box.work };
    served.at(-1)?.close();
    await served.at(-1)?.closed;
    const source = await subscribed(box.paths.socket, fs);
    const states = await source.count('source_state', 2);
    assert.equal(states.at(-1)?.['state'], 'running', JSON.stringify(states));

    for (const client of [...subscribers, source]) client.close();
    await Promise.all([...subscribers, source].map(({ closed }) => closed));
    const after = await subscribed(box.paths.socket, {});
    assert.match((await box.run(EMIT)).stdout, /event_id/);
    await after.count('event', 1);
    for (const client of [after, producer]) client.close();
    await daemon.says(/open files run out/);
  },
);

test('without a single descriptor left a client gets its end', { skip: linux }, async () => {
  await using box = new Sandbox();
  const daemon = await box.daemon();
  const healthy = await WireClient.open(box.paths.socket);
  await healthy.request({});
  limit(daemon, 0);
  for (let n = 0; n < 50; n += 1) {
    const client = await WireClient.open(box.paths.socket);
    client.send({ op: 'status' });
    await client.closed;
  }
  healthy.send({ op: 'emit', id: 1, events: [EVENT] });
  await healthy.count('event', 1);
  const waiting = await box.run(['wait', '--source', 'agent', '--timeout', '2s']);
  assert.equal(waiting.code, 124);
  assert.match(waiting.stderr, /the daemon ended the connection/);

  limit(daemon, 200);
  assert.match((await box.run(EMIT)).stdout, /event_id/);
  await healthy.count('event', 2);
  healthy.close();
});

test('a source that cannot be forked says so, and runs once it can', { skip: linux }, async () => {
  await using box = new Sandbox();
  const daemon = await box.daemon();
  const client = await WireClient.open(box.paths.socket);
  client.send({ op: 'status' });
  await client.next();
  limit(daemon, 2);
  client.send({ op: 'subscribe', sources: ['fs'], cwd: box.work });
  await client.count('source_state', 2);
  const failed = client.frames.find(({ detail }) => /EMFILE/.test(String(detail)));
  assert.ok(failed, JSON.stringify(client.frames));
  limit(daemon, 200);
  for (let seen = 2; client.frames.at(-1)?.['state'] !== 'running'; seen += 1)
    await client.count('source_state', seen);
  client.close();
});

/** Its turn may come when the one that left has been noticed. */
async function subscribed(path: string, request: object): Promise<WireClient> {
  for (;;) {
    const client = await WireClient.open(path);
    const answer = await client.request(request);
    if (answer['kind'] === 'subscribe_ack') return client;
    await client.closed;
  }
}
