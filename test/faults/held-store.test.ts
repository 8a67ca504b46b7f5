/**
 * Another program and the store: one that has it open before the daemon starts shares it, its readers
 * cost nothing and its write lock is a named error; one that comes later is kept out.
 */
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

/** A daemon that shares the store with a program that merely has it open. */
async function sharing(box: Sandbox): Promise<Running> {
  const first = await box.daemon();
  await box.run(['stop']);
  await first.ended;
  await hold(box, 'PRAGMA user_version');
  return box.daemon();
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

test('a program that comes while the daemon serves is kept out, and disturbs nobody', async () => {
  await using box = new Sandbox();
  await box.daemon();
  const client = await WireClient.open(box.paths.socket);
  assert.equal((await client.request(emitOf(3)))['kind'], 'emit_ack');
  const holder = box.start('python3', [HOLDER, box.paths.store, 'BEGIN IMMEDIATE']);
  for (let n = 0; n < 20; n += 1) {
    assert.equal((await client.request(emitOf(1)))['kind'], 'emit_ack');
  }
  assert.match((await holder.ended).stderr, /database is locked/);
  assert.equal((await replay(box, 23)).length, 23);
  client.close();
});

test('a write lock held elsewhere fails emits by name, and disturbs nobody else', async () => {
  await using box = new Sandbox();
  await sharing(box);
  const client = await WireClient.open(box.paths.socket);
  assert.equal((await client.request(emitOf(10)))['kind'], 'emit_ack');
  const holder = await hold(box, 'BEGIN IMMEDIATE');

  for (let n = 0; n < 12; n += 1) {
    assert.equal((await client.request(emitOf(1)))['code'], 'WAITBUS_STORE_BUSY');
  }
  // Were each of these to wait for the lock on its own, the replay would not come in between.
  for (let n = 0; n < 200; n += 1) client.send(emitOf(1));
  assert.equal((await replay(box, 10)).length, 10);
  await client.count('error', 212);
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
  const daemon = await sharing(box);
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
  // Once it is folded the log is used again from its beginning: it grows no more.
  let unchanged = 0;
  for (let n = 0; n < 60 && unchanged < 5; n += 1) {
    const before = statSync(`${box.paths.store}-wal`).size;
    assert.equal((await again.request(emitOf(1000, { pad })))['kind'], 'emit_ack');
    unchanged = statSync(`${box.paths.store}-wal`).size === before ? unchanged + 1 : 0;
  }
  assert.equal(unchanged, 5);
  again.close();
});

test('a daemon that finds the write lock taken when it starts serves all the same', async () => {
  await using box = new Sandbox();
  const first = await box.daemon();
  const client = await WireClient.open(box.paths.socket);
  await client.request(emitOf(3));
  first.child.kill('SIGKILL');
  await first.ended;
  const holder = await hold(box, 'BEGIN IMMEDIATE');
  await box.daemon();
  await replay(box, 3);
  await release(holder);
  const emitted = await box.run(EMIT);
  assert.equal(emitted.code, 0, emitted.stderr);
});
