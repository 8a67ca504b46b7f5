/** What a daemon serves from is removed while it runs: it ends, and the next command finds a new one. */
import assert from 'node:assert/strict';
import { mkdirSync, readFileSync, renameSync, rmSync, unlinkSync, writeFileSync } from 'node:fs';
import { test } from 'node:test';
import { FIRST_ULID } from '@waitbus/kernel/ulid';
import { Sandbox, type Running } from '../support/sandbox.js';
import { WireClient } from '../support/wire.js';

const EVENT = { source: 'agent', event_type: 'agent_note' };
const EMIT = ['emit', '--source', 'agent', '--event-type', 'agent_note'];

/** The daemon has said what is gone, and ended with 1. */
async function assertGone(daemon: Running, what: string): Promise<void> {
  const { code, stderr } = await daemon.ended;
  assert.equal(code, 1, stderr);
  assert.match(stderr, /WAITBUS_STORE_GONE/);
  assert.ok(stderr.includes(`${what} was removed or replaced`), stderr);
}

for (const [what, named, remove] of [
  ['events.db', 'store', (box: Sandbox) => unlinkSync(box.paths.store)],
  [
    'the state directory',
    'store',
    (box: Sandbox) => rmSync(box.paths.stateDir, { recursive: true }),
  ],
  [
    'events.db, by a rename,',
    'store',
    (box: Sandbox) => renameSync(box.paths.store, `${box.paths.store}.aside`),
  ],
  ['the socket', 'socket', (box: Sandbox) => unlinkSync(box.paths.socket)],
  [
    'the runtime directory',
    'socket',
    (box: Sandbox) => rmSync(box.paths.runtimeDir, { recursive: true }),
  ],
  [
    'the runtime directory, by a rename,',
    'socket',
    (box: Sandbox) => renameSync(box.paths.runtimeDir, `${box.paths.runtimeDir}.old`),
  ],
] as const) {
  test(`${what} removed from an idle daemon ends it, and the next emit starts afresh`, async () => {
    await using box = new Sandbox();
    const daemon = await box.daemon();
    const subscriber = await WireClient.open(box.paths.socket);
    await subscriber.request({});
    remove(box);
    await assertGone(daemon, box.paths[named]);
    await subscriber.closed;
    const emitted = await box.run(EMIT);
    assert.equal(emitted.code, 0, emitted.stderr);
    assert.match(emitted.stdout, /"inserted":true/);
  });
}

test('no emit that comes after events.db was removed is acknowledged', async (t) => {
  await using box = new Sandbox();
  const daemon = await box.daemon();
  const client = await WireClient.open(box.paths.socket);
  assert.equal((await client.request({ op: 'emit', events: [EVENT] }))['kind'], 'emit_ack');
  unlinkSync(box.paths.store);
  for (let n = 0; n < 100; n += 1) client.send({ op: 'emit', id: n, events: [EVENT] });
  await client.closed;
  await assertGone(daemon, box.paths.store);
  const answers = client.frames.slice(1);
  t.diagnostic(`${answers.length} answers`);
  for (const answer of answers) assert.equal(answer['code'], 'WAITBUS_STORE_GONE');
});

test('what was acknowledged before and after the removal of events.db-wal is kept', async (t) => {
  await using box = new Sandbox();
  const daemon = await box.daemon();
  const client = await WireClient.open(box.paths.socket);
  const acknowledged: unknown[] = [];
  const emit = async () => {
    const answer = await client.request({ op: 'emit', events: [EVENT] });
    const results = (answer['results'] ?? []) as { event_id: string }[];
    acknowledged.push(...results.map(({ event_id: id }) => id));
    return answer['kind'] === 'emit_ack';
  };
  for (let n = 0; n < 10; n += 1) assert.ok(await emit());
  unlinkSync(`${box.paths.store}-wal`);
  // Nobody tells of this file at once; the look at each second of commits finds it.
  for (let going = true; going;) going = await emit().catch(() => false);
  await assertGone(daemon, `${box.paths.store}-wal`);
  t.diagnostic(`${acknowledged.length} acknowledged`);
  await box.daemon();
  const reader = await WireClient.open(box.paths.socket);
  await reader.request({ since: FIRST_ULID });
  const events = await reader.count('event', acknowledged.length);
  assert.deepEqual(
    events.map(({ event_id: id }) => id),
    acknowledged,
  );
  reader.close();
});

test('a waiter goes through the removal of everything, and hears of what comes after', async () => {
  await using box = new Sandbox();
  const daemon = await box.daemon();
  const waiter = box.waitbus(['wait', '--source', 'agent', '--ready-fd', '2', '--timeout', '60s']);
  await waiter.says(/ready/);
  // The waiter may be making them anew already.
  for (const directory of [box.paths.stateDir, box.paths.runtimeDir])
    rmSync(directory, { recursive: true, maxRetries: 5 });
  await daemon.ended;
  await waiter.says(/coming back/);
  const emitted = await box.run(EMIT);
  assert.equal(emitted.code, 0, emitted.stderr);
  assert.equal((await waiter.ended).code, 0);
});

test("a daemon that ends removes nothing that took its socket's place", async () => {
  await using box = new Sandbox();
  const daemon = await box.daemon();
  renameSync(box.paths.runtimeDir, `${box.paths.runtimeDir}.old`);
  mkdirSync(box.paths.runtimeDir);
  writeFileSync(box.paths.socket, 'precious');
  await assertGone(daemon, box.paths.socket);
  assert.equal(readFileSync(box.paths.socket, 'utf8'), 'precious');
});
