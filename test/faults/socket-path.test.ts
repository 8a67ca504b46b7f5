/** What stands where the socket belongs is never followed, emptied or removed, and the remedy works. */
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import {
  chmodSync,
  chownSync,
  lstatSync,
  mkdirSync,
  readFileSync,
  readlinkSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { test } from 'node:test';
import { Sandbox, type Ended } from '../support/sandbox.js';

const NOBODY = 65534;
const EMIT = ['emit', '--source', 'agent', '--event-type', 'agent_note'];
const root = process.getuid?.() === 0 ? false : 'only root can give files to another user';

/** A daemon and an emit are refused by name, and the emit is spooled meanwhile. */
async function assertRefused(box: Sandbox): Promise<Ended> {
  const daemon = await box.run(['daemon']);
  assert.equal(daemon.code, 1);
  assert.match(daemon.stderr, /WAITBUS_SOCKET_PATH/);
  const emit = await box.run(EMIT);
  assert.equal(emit.code, 0, emit.stderr);
  assert.match(emit.stdout, /spooled/);
  return daemon;
}

/** Pastes the command of a remedy, after which a daemon serves and takes the spool in. */
async function assertMends(box: Sandbox, { stderr }: Ended): Promise<void> {
  const command = /: ((?:mv|rm) .*)$/m.exec(stderr)?.[1];
  assert.ok(command, stderr);
  const pasted = await box.start('sh', ['-c', command]).ended;
  assert.equal(pasted.code, 0, pasted.stderr);
  const daemon = await box.daemon();
  const log = await box.run(['log', '--since', 'start', '--json']);
  assert.equal(log.stdout.split('\n').length - 1, 1, log.stderr);
  daemon.child.kill();
}

for (const [what, make, same] of [
  [
    'a file',
    (path) => writeFileSync(path, 'precious'),
    (path) => readFileSync(path, 'utf8') === 'precious',
  ],
  ['a directory', (path) => mkdirSync(path), (path) => lstatSync(path).isDirectory()],
  ['a pipe', (path) => execFileSync('mkfifo', [path]), (path) => lstatSync(path).isFIFO()],
  [
    'a dangling link',
    (path) => symlinkSync('nowhere', path),
    (path) => readlinkSync(path) === 'nowhere',
  ],
  [
    'a link to a file',
    (path) => {
      writeFileSync(`${path}.target`, 'precious');
      symlinkSync(`${path}.target`, path);
    },
    (path) => readFileSync(`${path}.target`, 'utf8') === 'precious',
  ],
] as readonly (readonly [string, (path: string) => void, (path: string) => boolean])[]) {
  test(`${what} at the socket's path is refused, kept, and moved by the remedy`, async () => {
    await using box = new Sandbox();
    mkdirSync(box.paths.runtimeDir);
    make(box.paths.socket);
    const refused = await assertRefused(box);
    assert.ok(same(box.paths.socket), 'it is as it was');
    await assertMends(box, refused);
    if (what !== 'a link to a file') assert.ok(same(`${box.paths.socket}.aside`), 'it was moved');
    else assert.equal(readFileSync(`${box.paths.socket}.target`, 'utf8'), 'precious');
  });
}

test('a link to a live socket is not taken for one, and the server behind it lives on', async () => {
  await using box = new Sandbox();
  mkdirSync(box.paths.runtimeDir);
  const other = join(box.directory, 'other.sock');
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(other, resolve));
  symlinkSync(other, box.paths.socket);
  const refused = await box.run(['daemon']);
  assert.match(refused.stderr, /WAITBUS_SOCKET_PATH/);
  assert.ok(lstatSync(other).isSocket());
  assert.ok(lstatSync(box.paths.socket).isSymbolicLink());
  server.close();
});

test('a file in the place of the runtime directory is refused, and moved by the remedy', async () => {
  await using box = new Sandbox();
  writeFileSync(box.paths.runtimeDir, 'precious');
  await assertMends(box, await assertRefused(box));
  assert.equal(readFileSync(`${box.paths.runtimeDir}.aside`, 'utf8'), 'precious');
});

test('a link in the place of the runtime directory does not change the mode of where it leads', async () => {
  await using box = new Sandbox();
  const shared = join(box.directory, 'shared');
  mkdirSync(shared);
  chmodSync(shared, 0o755);
  symlinkSync(shared, box.paths.runtimeDir);
  await assertRefused(box);
  assert.equal(statSync(shared).mode & 0o777, 0o755);
  // To what is private already it is the user's own arrangement.
  chmodSync(shared, 0o700);
  await box.daemon();
  assert.match((await box.run(EMIT)).stdout, /event_id/);
});

test('a link in the place of a lock is not followed, and the remedy removes it', async () => {
  await using box = new Sandbox();
  const target = join(box.directory, 'precious');
  writeFileSync(target, 'precious');
  mkdirSync(box.paths.stateDir);
  symlinkSync(target, join(box.paths.stateDir, 'daemon.lock'));
  await assertMends(box, await assertRefused(box));
  assert.equal(readFileSync(target, 'utf8'), 'precious');
});

test('a runtime directory that everybody may write becomes private before it is used', async () => {
  await using box = new Sandbox();
  mkdirSync(box.paths.runtimeDir);
  chmodSync(box.paths.runtimeDir, 0o1777);
  await box.daemon();
  assert.equal(statSync(box.paths.runtimeDir).mode & 0o7777, 0o700);
});

for (const [what, own] of [
  ['a runtime directory', (box: Sandbox) => chownSync(box.paths.runtimeDir, NOBODY, NOBODY)],
  [
    'a socket',
    (box: Sandbox) => {
      const script = 'import socket,sys; socket.socket(socket.AF_UNIX).bind(sys.argv[1])';
      execFileSync('python3', ['-c', script, box.paths.socket]);
      chownSync(box.paths.socket, NOBODY, NOBODY);
    },
  ],
] as const) {
  test(
    `${what} of another user is refused and kept; another directory helps`,
    { skip: root },
    async () => {
      await using box = new Sandbox();
      mkdirSync(box.paths.runtimeDir, { mode: 0o700 });
      own(box);
      const refused = await assertRefused(box);
      assert.match(refused.stderr, /belongs to uid 65534/);
      assert.match(refused.stderr, /WAITBUS_RUNTIME_DIR/);
      const elsewhere = { WAITBUS_RUNTIME_DIR: join(box.directory, 'mine') };
      const emitted = await box.waitbus(EMIT, { env: elsewhere }).ended;
      assert.match(emitted.stdout, /event_id/, emitted.stderr);
      await box.waitbus(['stop'], { env: elsewhere }).ended;
    },
  );
}

test('a path too long for a socket is refused by every command, with what to do', async () => {
  await using box = new Sandbox();
  const env = { WAITBUS_RUNTIME_DIR: join(box.directory, 'd'.repeat(120)) };
  for (const args of [['daemon'], ['wait', '--source', 'agent', '--timeout', '9s']]) {
    const { stderr, code } = await box.waitbus(args, { env }).ended;
    assert.ok(code === 1 || code === 2, String(code));
    assert.match(stderr, /longer than the \d+ bytes/);
    assert.match(stderr, /WAITBUS_RUNTIME_DIR/);
  }
});
