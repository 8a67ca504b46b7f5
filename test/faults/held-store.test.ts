/** Another program has the store open: its readers cost nothing, its write lock a named error. */
import assert from 'node:assert/strict';
import { statSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { FIRST_ULID } from '@waitbus/kernel/ulid';
import { REPO, Sandbox, type Running } from '../support/sandbox.js';
import { WireClient, type Frame } from '../support/wire.js';

const HOLDER = join(REPO, 'test', 'fixtures', 'hold_store.py');
const EMIT = ['emit', '--source', 'agent', '--event-type', 'agent_note'];

function emitOf(count: number, fields: object = {}): object {
  const event = { source: 'agent', event_type: 'agent_note', fields };
  return { op: 'emit', events: Array.from({ length: count }, () => event) };
}

/** Another program in a transaction that begins so; ends with its stdin. */
async function hold(box: Sandbox, begin: string): Promise<Running> {
  const holder = box.start('python3', [HOLDER, box.paths.store, begin], {
    stdio: ['pipe', 'pipe', 'pipe'],
  });
  await holder.says(/holds/);
  return holder;
}

async function release(holder: Running): Promise<void> {
  holder.child.stdin?.end();
  await holder.ended;
}

async function replay(box: Sandbox, count: number): Promise<Frame[]> {
  const reader = await WireClient.open(box.paths.socket);
  await reader.request({ since: FIRST_ULID });
  const events = await reader.count('event', count);
  reader.close();
  return events;
}

test('a write lock held elsewhere fails emits by name, and disturbs nobody else', async () => {
  await using box = new Sandbox();
  await box.daemon();
  const client = await WireClient.open(box.paths.socket);
  assert.equal((await client.request(emitOf(10)))['kind'], 'emit_ack');
  const holder = await hold(box, 'BEGIN IMMEDIATE');

  for (let n = 0; n < 12; n += 1) {
    assert.equal((await client.request(emitOf(1)))['code'], 'WAITBUS_STORE_BUSY');
  }
  // Were each of these to wait for the lock on its own, the replay would not come in between.
  for (let n = 0; n < 200; n += 1) client.send(emitOf(1));
  assert.equal((await replay(box, 10)).length, 10);
  await client.count('error', 220);
  const refused = await box.run(EMIT);
  assert.equal(refused.code, 1, refused.stderr);
  assert.match(refused.stderr, /WAITBUS_STORE_BUSY/);
  assert.match(refused.stderr, /fuser/);

  await release(holder);
  const after = await WireClient.open(box.paths.socket);
  assert.equal((await after.request(emitOf(1, { after: true })))['kind'], 'emit_ack');
  const events = await replay(box, 11);
  assert.equal((events.at(-1)?.['fields'] as Frame)['after'], true);
  for (const one of [client, after]) one.close();
});

test('a read transaction held elsewhere lets the log grow, and nothing fails', async (t) => {
  await using box = new Sandbox();
  const daemon = await box.daemon();
  const client = await WireClient.open(box.paths.socket);
  await client.request(emitOf(1));
  const holder = await hold(box, 'BEGIN');
  const pad = 'x'.repeat(1000);
  // SQLite wants to fold the write-ahead log back each 4 MB; the reader keeps it from that.
  for (let n = 0; n < 12; n += 1) {
    assert.equal((await client.request(emitOf(1000, { pad })))['kind'], 'emit_ack');
  }
  const grown = statSync(`${box.paths.store}-wal`).size;
  t.diagnostic(`the write-ahead log has ${Math.round(grown / 1e6)} MB`);
  assert.ok(grown > 12e6, String(grown));

  // An end in order must not wait for the reader.
  const stopped = await box.run(['stop']);
  assert.equal(stopped.code, 0, stopped.stderr);
  assert.equal((await daemon.ended).code, 0);
  await box.daemon();
  await replay(box, 12_001);
  await release(holder);

  const again = await WireClient.open(box.paths.socket);
  for (let n = 0; n < 12; n += 1) await again.request(emitOf(1000, { pad }));
  const after = statSync(`${box.paths.store}-wal`).size;
  // The first of these still went to the end; those after it begin at the beginning again.
  assert.ok(after < grown + 10e6, `${after} bytes: the released log is used again`);
  again.close();
});

test('a daemon that finds the write lock taken when it starts serves all the same', async () => {
  await using box = new Sandbox();
  const first = await box.daemon();
  const client = await WireClient.open(box.paths.socket);
  await client.request(emitOf(3));
  const holder = await hold(box, 'BEGIN IMMEDIATE');
  first.child.kill('SIGKILL');
  await first.ended;
  await box.daemon();
  await replay(box, 3);
  await release(holder);
  const emitted = await box.run(EMIT);
  assert.equal(emitted.code, 0, emitted.stderr);
});
