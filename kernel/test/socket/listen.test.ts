/** The socket's place in the file system, and one daemon a directory. */
import assert from 'node:assert/strict';
import {
  chmodSync,
  lstatSync,
  mkdirSync,
  readFileSync,
  readlinkSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { createServer } from 'node:net';
import { dirname, join } from 'node:path';
import { test } from 'node:test';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { event, KernelBox, Place, SILENT } from '../../../test/support/kernel.js';
import { WireClient } from '../../../test/support/wire.js';
import { openKernel, type Kernel } from '../../src/kernel.js';

function kernelIn(place: Place, paths: { store?: string; socket?: string } = {}): Kernel {
  return openKernel({
    paths: {
      store: place.path('state', 'events.db'),
      socket: place.path('run', 'broadcast.sock'),
      ...paths,
    },
    log: SILENT,
  });
}

test('the runtime directory is 0700 and the socket 0600, whatever was there before', async () => {
  using place = new Place();
  mkdirSync(place.path('run'), { mode: 0o777 });
  chmodSync(place.path('run'), 0o777);
  const kernel = kernelIn(place);
  await kernel.listen();
  const modes = [statSync(place.path('run')), statSync(place.path('run', 'broadcast.sock'))].map(
    ({ mode }) => mode & 0o777,
  );
  kernel.close();
  assert.deepEqual(modes, [0o700, 0o600]);
});

test('a second daemon on the same directories is refused and the first serves on', async () => {
  using box = await KernelBox.start();
  assert.throws(() => box.open(), { code: 'WAITBUS_ALREADY_RUNNING' });
  const client = await box.subscribe();
  await box.kernel.publish([event()]);
  assert.equal((await client.next())['kind'], 'event');
});

test('one that shares only the store, or only the runtime directory, is refused too', async () => {
  using place = new Place();
  const kernel = kernelIn(place);
  assert.throws(() => kernelIn(place, { socket: place.path('run2', 's') }), {
    code: 'WAITBUS_ALREADY_RUNNING',
  });
  assert.throws(() => kernelIn(place, { store: place.path('state2', 'db') }), {
    code: 'WAITBUS_ALREADY_RUNNING',
  });
  // What the refused ones had locked is free again.
  const other = kernelIn(place, {
    store: place.path('state2', 'db'),
    socket: place.path('run2', 's'),
  });
  other.close();
  kernel.close();
});

test('after a close another daemon takes over, and no socket is left in between', async () => {
  using box = await KernelBox.start();
  box.kernel.close();
  assert.equal(lstatSync(box.paths.socket, { throwIfNoEntry: false }), undefined);
  box.kernel = box.open();
  await box.kernel.listen();
  await box.subscribe();
});

test('a stale socket of a killed process is replaced', async () => {
  using place = new Place();
  const socket = place.path('run', 'broadcast.sock');
  mkdirSync(dirname(socket));
  const script = `require('net').createServer().listen(${JSON.stringify(socket)}, () => console.log('up'))`;
  const child = spawn(process.execPath, ['-e', script], { stdio: ['ignore', 'pipe', 'inherit'] });
  await once(child.stdout, 'data');
  child.kill('SIGKILL');
  await once(child, 'close');
  assert.ok(lstatSync(socket).isSocket());
  const kernel = kernelIn(place);
  await kernel.listen();
  const client = await WireClient.open(socket);
  assert.equal((await client.request({}))['kind'], 'subscribe_ack');
  client.close();
  kernel.close();
});

test('a socket on which somebody answers is not taken, lock or no lock', async () => {
  using place = new Place();
  const socket = place.path('run', 'broadcast.sock');
  mkdirSync(dirname(socket));
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(socket, resolve));
  const kernel = kernelIn(place);
  await assert.rejects(kernel.listen(), { code: 'WAITBUS_ALREADY_RUNNING' });
  kernel.close();
  server.close();
});

for (const [what, make, same] of [
  [
    'a file',
    (path: string) => writeFileSync(path, 'precious'),
    (path: string) => readFileSync(path, 'utf8') === 'precious',
  ],
  [
    'a directory',
    (path: string) => mkdirSync(path),
    (path: string) => lstatSync(path).isDirectory(),
  ],
  [
    'a dangling symlink',
    (path: string) => symlinkSync('nowhere', path),
    (path: string) => readlinkSync(path) === 'nowhere',
  ],
] as const) {
  test(`${what} at the socket's path is a clear error and is left as it is`, async () => {
    using place = new Place();
    const socket = place.path('run', 'broadcast.sock');
    mkdirSync(dirname(socket));
    make(socket);
    const kernel = kernelIn(place);
    await assert.rejects(kernel.listen(), (error: Error & { code?: string }) => {
      assert.equal(error.code, 'WAITBUS_SOCKET_PATH');
      assert.ok(error.message.includes(socket), error.message);
      return true;
    });
    kernel.close();
    assert.ok(same(socket));
  });
}

test('a path that the operating system cannot take is a clear error; the longest that it can is fine', async () => {
  using place = new Place();
  const limit = process.platform === 'linux' ? 107 : 103;
  const rest = limit - Buffer.byteLength(join(place.directory, '/b.sock'));
  const longest = place.path('d'.repeat(rest - 1), 'b.sock');
  const kernel = kernelIn(place, { socket: longest });
  await kernel.listen();
  kernel.close();
  assert.equal(Buffer.byteLength(longest), limit);
  const other = kernelIn(place, { socket: `${longest}k` });
  await assert.rejects(other.listen(), (error: Error & { code?: string; remedy?: string }) => {
    assert.equal(error.code, 'WAITBUS_SOCKET_PATH');
    assert.match(error.message, /longer than the \d+ bytes/);
    assert.match(error.remedy ?? '', /WAITBUS_RUNTIME_DIR/);
    return true;
  });
  other.close();
});

test('a runtime directory that cannot be made is a clear error', () => {
  using place = new Place();
  writeFileSync(place.path('file'), '');
  assert.throws(() => kernelIn(place, { socket: place.path('file', 'b.sock') }), {
    code: 'WAITBUS_SOCKET_PATH',
  });
  assert.throws(() => kernelIn(place, { socket: place.path('file', 'more', 'b.sock') }), {
    code: 'WAITBUS_SOCKET_PATH',
  });
});
