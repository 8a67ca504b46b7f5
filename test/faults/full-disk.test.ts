/** A full disk: emits fail by name, the daemon stays up, and works again when there is room. */
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { FIRST_ULID } from '@waitbus/kernel/ulid';
import { Sandbox } from '../support/sandbox.js';
import { WireClient } from '../support/wire.js';

const PAYLOAD = 'x'.repeat(20_000);

test('a full disk fails emits with WAITBUS_STORE_FULL and nothing else', async (t) => {
  const disk = mkdtempSync(join(tmpdir(), 'waitbus-disk-'));
  const mounted = spawnSync('mount', ['-t', 'tmpfs', '-o', 'size=2m', 'tmpfs', disk]);
  t.after(() => {
    if (mounted.status === 0) spawnSync('umount', [disk]);
    rmSync(disk, { recursive: true });
  });
  if (mounted.status !== 0) {
    t.skip(`a tmpfs cannot be mounted here: ${String(mounted.stderr ?? mounted.error)}`);
    return;
  }
  await using box = new Sandbox({ WAITBUS_STATE_DIR: join(disk, 'state') });
  const daemon = await box.daemon();
  const client = await WireClient.open(box.paths.socket);
  const acknowledged: unknown[] = [];
  const emit = async (count = 1) => {
    const event = { source: 'agent', event_type: 'agent_note', payload: PAYLOAD };
    const answer = await client.request({
      op: 'emit',
      events: Array.from({ length: count }, () => event),
    });
    for (const { event_id: id } of (answer['results'] ?? []) as { event_id: string }[])
      acknowledged.push(id);
    return answer;
  };

  let answer = await emit();
  for (let tries = 0; tries < 1000 && answer['kind'] === 'emit_ack'; tries += 1)
    answer = await emit();
  assert.equal(answer['code'], 'WAITBUS_STORE_FULL', String(answer['message']));
  assert.match(String(answer['remedy']), /[Ff]ree/);
  t.diagnostic(`full after ${acknowledged.length} events of 20 kB`);
  for (let tries = 0; tries < 20; tries += 1) {
    assert.equal((await emit(5))['code'], 'WAITBUS_STORE_FULL');
  }
  const status = await client.request({ op: 'status' });
  assert.equal(status['events'], acknowledged.length);
  assert.equal(daemon.child.exitCode, null);

  const remounted = spawnSync('mount', ['-o', 'remount,size=32m', disk]);
  assert.equal(remounted.status, 0, String(remounted.stderr));
  assert.equal((await emit())['kind'], 'emit_ack');
  assert.equal((await emit(100))['kind'], 'emit_ack');
  const reader = await WireClient.open(box.paths.socket);
  await reader.request({ since: FIRST_ULID });
  const events = await reader.count('event', acknowledged.length);
  assert.deepEqual(
    events.map(({ event_id: id }) => id),
    acknowledged,
  );

  daemon.child.kill('SIGKILL');
  await daemon.ended;
  await box.daemon();
  const after = await WireClient.open(box.paths.socket);
  await after.request({ since: FIRST_ULID });
  const kept = await after.count('event', acknowledged.length);
  assert.deepEqual(
    kept.map(({ event_id: id }) => id),
    acknowledged,
  );
  for (const one of [client, reader, after]) one.close();
});
