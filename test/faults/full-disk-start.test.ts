/** A disk that is full when a daemon starts, spools, or folds its write-ahead log: said by name, and it passes. */
import assert from 'node:assert/strict';
import { existsSync, mkdirSync, readdirSync } from 'node:fs';
import { test, type TestContext } from 'node:test';
import { FIRST_ULID } from '@waitbus/kernel/ulid';
import { Disk } from '../support/disk.js';
import { Sandbox } from '../support/sandbox.js';
import { WireClient } from '../support/wire.js';

const EMIT = ['emit', '--source', 'agent', '--event-type', 'agent_note'];

function mounted(t: TestContext, size: string): Disk | null {
  const disk = Disk.tmpfs(size);
  if (disk.missing === null) return disk;
  t.skip(`a tmpfs cannot be mounted here: ${disk.missing}`);
  return null;
}

/** Everything in the log, as the command prints it. */
async function logged(box: Sandbox): Promise<number> {
  const { stdout, stderr } = await box.run(['log', '--since', 'start', '--json']);
  assert.equal(stderr, '');
  return stdout.split('\n').length - 1;
}

for (const [what, room] of [
  ['not a byte is free', 0],
  ['there is room for the files but not for the tables', 12],
  ['there is room for the tables but not for the log', 40],
] as const) {
  test(`a store is not created when ${what}: it says so, and is created later`, async (t) => {
    using disk = mounted(t, '2m');
    if (disk === null) return;
    await using box = new Sandbox({ WAITBUS_STATE_DIR: disk.path('state') });
    mkdirSync(disk.path('state'), { mode: 0o700 });
    const free = disk.fill(room * 1024);
    const emitted = await box.run(EMIT);
    const lost = emitted.code !== 0;
    if (lost) {
      assert.match(emitted.stderr, /WAITBUS_STORE_FULL|no space left/i);
      assert.match(emitted.stderr, /Free disk space/);
    }
    assert.doesNotMatch(emitted.stderr, /WAITBUS_INTERNAL/);
    await box.run(['stop']);
    assert.deepEqual(leftovers(disk), []);
    free();
    assert.equal((await box.run(EMIT)).code, 0);
    assert.equal(await logged(box), lost ? 1 : 2, 'what was not refused is there');
  });
}

test('a store that exists starts on a full disk or says why not, and has all of it later', async (t) => {
  using disk = mounted(t, '4m');
  if (disk === null) return;
  await using box = new Sandbox({ WAITBUS_STATE_DIR: disk.path('state') });
  const first = await box.daemon();
  for (let n = 0; n < 3; n += 1) assert.equal((await box.run(EMIT)).code, 0);
  first.child.kill('SIGKILL');
  await first.ended;
  const free = disk.fill();
  const daemon = box.waitbus(['daemon']);
  const said = await daemon.says(/"msg":"serving"|WAITBUS_STORE_FULL/);
  t.diagnostic(said);
  // Whether it serves or not, what cannot be stored is refused and not half spooled.
  const refused = await box.run(EMIT);
  assert.notEqual(refused.code, 0, refused.stdout);
  assert.match(refused.stderr, /WAITBUS_STORE_FULL|ENOSPC/);
  assert.deepEqual(leftovers(disk), []);
  await box.run(['stop']);
  await daemon.ended;
  free();
  assert.equal((await box.run(EMIT)).code, 0);
  assert.equal(await logged(box), 4);
});

test('a disk that is full when the write-ahead log is folded loses nothing', async (t) => {
  using disk = mounted(t, '24m');
  if (disk === null) return;
  await using box = new Sandbox({ WAITBUS_STATE_DIR: disk.path('state') });
  const daemon = await box.daemon();
  const client = await WireClient.open(box.paths.socket);
  const acknowledged: unknown[] = [];
  const emit = async (count: number) => {
    const event = { source: 'agent', event_type: 'agent_note', payload: 'x'.repeat(4000) };
    const answer = await client.request({
      op: 'emit',
      events: Array.from({ length: count }, () => event),
    });
    const results = (answer['results'] ?? []) as { event_id: string }[];
    acknowledged.push(...results.map(({ event_id: id }) => id));
    return answer;
  };
  // 3 MB are in the log of 4 MB; folding needs as much in the file, which is not there.
  for (let n = 0; n < 7; n += 1) assert.equal((await emit(100))['kind'], 'emit_ack');
  const free = disk.fill();
  let answer = await emit(1);
  for (let n = 0; n < 100 && answer['kind'] === 'emit_ack'; n += 1) answer = await emit(1);
  assert.equal(answer['code'], 'WAITBUS_STORE_FULL', String(answer['message']));
  await box.run(['stop']);
  const { code, stderr } = await daemon.ended;
  assert.equal(code, 0, stderr);
  assert.match(stderr, /"msg":"stopped"/);
  free();
  await box.daemon();
  const reader = await WireClient.open(box.paths.socket);
  await reader.request({ since: FIRST_ULID });
  const events = await reader.count('event', acknowledged.length);
  assert.deepEqual(
    events.map(({ event_id: id }) => id),
    acknowledged,
  );
  for (const one of [client, reader]) one.close();
});

/** What a failed attempt to spool or to find out may have left. */
function leftovers(disk: Disk): string[] {
  const spool = disk.path('state', 'spool');
  return [
    ...readdirSync(disk.path('state')),
    ...(existsSync(spool) ? readdirSync(spool) : []),
  ].filter((name) => name.startsWith('.'));
}
