/** A store that cannot be written: refused by name with a remedy, read where it can be, well again after. */
import assert from 'node:assert/strict';
import { chmodSync, chownSync, mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test, type TestContext } from 'node:test';
import { FIRST_ULID } from '@waitbus/kernel/ulid';
import { Disk } from '../support/disk.js';
import { Sandbox, WAITBUS } from '../support/sandbox.js';
import { WireClient } from '../support/wire.js';

const EMIT = ['emit', '--source', 'agent', '--event-type', 'agent_note'];
const NOBODY = 65534;

function skipWithout(t: TestContext, disk: Disk): boolean {
  if (disk.missing !== null) t.skip(`no file system can be mounted here: ${disk.missing}`);
  return disk.missing !== null;
}

test('a disk that turns read-only under the daemon fails emits by name; reads go on', async (t) => {
  using disk = Disk.ext4(32 * 1024 * 1024);
  if (skipWithout(t, disk)) return;
  await using box = new Sandbox({ WAITBUS_STATE_DIR: disk.path('state') });
  // The disk keeps what was synced: with `normal`, what is acknowledged here would be lost.
  mkdirSync(box.paths.configDir);
  writeFileSync(join(box.paths.configDir, 'config.json'), '{"durability":"full"}');
  const daemon = await box.daemon();
  const client = await WireClient.open(box.paths.socket);
  const emit = { op: 'emit', events: [{ source: 'agent', event_type: 'agent_note' }] };
  for (let n = 0; n < 5; n += 1) assert.equal((await client.request(emit))['kind'], 'emit_ack');
  disk.remount('abort');
  for (let n = 0; n < 5; n += 1) {
    const answer = await client.request(emit);
    assert.equal(answer['code'], 'WAITBUS_STORE_READONLY', String(answer['message']));
    assert.match(String(answer['remedy']), /mount/);
  }
  const refused = await box.run(EMIT);
  assert.equal(refused.code, 1, refused.stderr);
  assert.match(refused.stderr, /WAITBUS_STORE_READONLY/);
  const log = await box.run(['log', '--since', 'start', '--json']);
  assert.equal(log.stdout.trim().split('\n').length, 5, log.stderr);
  assert.equal(daemon.child.exitCode, null);

  daemon.child.kill('SIGKILL');
  await daemon.ended;
  disk.replug();
  await box.daemon();
  const after = await WireClient.open(box.paths.socket);
  await after.request({ op: 'subscribe', since: FIRST_ULID });
  await after.count('event', 5);
  assert.equal((await box.run(EMIT)).code, 0);
  after.close();
});

test('a daemon on a read-only disk does not start, and says so; it starts once it is writable', async (t) => {
  using disk = Disk.tmpfs('16m');
  if (skipWithout(t, disk)) return;
  await using box = new Sandbox({ WAITBUS_STATE_DIR: disk.path('state') });
  const first = await box.daemon();
  assert.equal((await box.run(EMIT)).code, 0);
  await box.run(['stop']);
  await first.ended;
  disk.remount('ro');
  for (const args of [
    ['daemon'],
    EMIT,
    ['log', '--since', 'start'],
    ['wait', '--source', 'agent', '--timeout', '9s'],
  ]) {
    const { code, stderr } = await box.run(args);
    assert.ok(code === 1 || code === 2, `${args[0] ?? ''}: ${String(code)}`);
    assert.match(stderr, /read-only file system/i);
    assert.doesNotMatch(stderr, /WAITBUS_INTERNAL/);
  }
  disk.remount('rw');
  assert.equal((await box.run(EMIT)).code, 0);
  const log = await box.run(['log', '--since', 'start', '--json']);
  assert.equal(log.stdout.trim().split('\n').length, 2, log.stderr);
});

test(
  'a state directory that the user may not write is refused by name, and so is a store',
  { skip: process.getuid?.() === 0 ? false : 'only root can act as another user' },
  async () => {
    await using box = new Sandbox();
    chmodSync(box.directory, 0o755);
    mkdirSync(box.paths.runtimeDir);
    chownSync(box.paths.runtimeDir, NOBODY, NOBODY);
    const asNobody = (args: readonly string[]) =>
      box.start('setpriv', [
        ...[`--reuid=${NOBODY}`, `--regid=${NOBODY}`, '--clear-groups'],
        ...[process.execPath, WAITBUS, ...args],
      ]).ended;
    mkdirSync(box.paths.stateDir, { mode: 0o755 });
    const directory = await asNobody(['daemon']);
    assert.equal(directory.code, 1);
    assert.match(directory.stderr, /WAITBUS_STORE_READONLY/);
    assert.ok(directory.stderr.includes(box.paths.stateDir), directory.stderr);
    assert.match(directory.stderr, /ls -ld/);

    chownSync(box.paths.runtimeDir, 0, 0);
    const daemon = await box.daemon();
    await box.run(['stop']);
    await daemon.ended;
    chmodSync(box.paths.store, 0o444);
    for (const path of [box.paths.stateDir, join(box.paths.stateDir, 'daemon.lock')]) {
      chownSync(path, NOBODY, NOBODY);
    }
    chownSync(box.paths.runtimeDir, NOBODY, NOBODY);
    const store = await asNobody(['daemon']);
    assert.equal(store.code, 1);
    assert.match(store.stderr, /WAITBUS_STORE_READONLY/);
  },
);
