/**
 * What a source tries with native code of its own, past everything that Node does: the kernel holds it.
 * Where it cannot, nothing of this is called enforced.
 */
import assert from 'node:assert/strict';
import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { createServer, type Server } from 'node:net';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { confinement } from '@waitbus/kernel/confine';
import { HASTY, Stage } from '../host/broken-sources.js';
import { Place } from '../support/kernel.js';
import { REPO } from '../support/sandbox.js';

const abi = confinement()?.abi ?? 0;
const held = { skip: abi > 0 ? false : 'the kernel offers no Landlock that waitbus can use' };
const scoped = { skip: abi >= 6 ? false : 'signals are held from Landlock ABI 6 on' };

const place = new Place();
const secret = place.path('secret');
let listener: Server;
let got: Readonly<Record<string, unknown>> = {};
let threads: readonly string[] = [];
let descriptors: readonly string[] = [];

before(async () => {
  writeFileSync(secret, 'the store', { mode: 0o600 });
  // Another program of this user, on a socket without a file.
  listener = createServer().listen('\0waitbus-test');
  const patience = { ...HASTY, backoff: () => null };
  const capabilities = { nativeAddon: true, fsRead: [join(REPO, 'node_modules')] };
  await using stage = new Stage(
    'attacks-natively',
    patience,
    { HOME: place.directory },
    { capabilities },
  );
  stage.supervisor.want([]);
  await stage.until(
    () => stage.events.length === 1 || stage.supervisor.condition.state === 'failed',
  );
  got = stage.events[0]?.fields ?? { failed: stage.supervisor.condition.detail };
  const own = `/proc/${stage.supervisor.pid}`;
  threads = readdirSync(`${own}/task`).map((thread) => {
    const status = readFileSync(`${own}/task/${thread}/status`, 'utf8');
    return [/NoNewPrivs:\s*(\d)/, /Seccomp:\s*(\d)/].map((what) => what.exec(status)?.[1]).join();
  });
  descriptors = readdirSync(`${own}/fd`);
});

after(() => {
  listener.close();
  place[Symbol.dispose]();
});

/** What it tried, under the promise that it breaks; refused with one of these. */
const PROMISES: Readonly<Record<string, readonly [RegExp, readonly string[]]>> = {
  'reads the user’s files, by name, link, rename or root': [
    /^(EACCES|EXDEV)$/,
    ['readSecret', 'readThroughLink', 'readThroughHardLink', 'readThroughRename', 'readOwnRoot'],
  ],
  'lists the user’s directories': [/^EACCES$/, ['listHome']],
  'reads another process, its environment, memory, files or command': [
    /^EACCES$/,
    ['environOfParent', 'memoryOfParent', 'rootOfParent', 'commandOfParent'],
  ],
  'writes, cuts short, removes or makes files outside of its directory': [
    /^EACCES$/,
    ['write', 'overwrite', 'truncate', 'remove', 'makeDirectory'],
  ],
  'changes modes, owners, times or attributes': [
    /^EPERM$/,
    ['chmod', 'chown', 'touch', 'attribute'],
  ],
  'traces another process, or reads its memory': [/^EPERM$/, ['trace', 'readMemory']],
  'limits, slows or pins another process': [/^EPERM$/, ['limitParent', 'slowParent', 'pinParent']],
  'starts a process': [/^(EPERM|ENOSYS)$/, ['fork', 'vfork', 'clone', 'clone3']],
  'becomes another program': [/^EPERM$/, ['execve', 'execveat']],
  'speaks to programs of this machine': [/^EACCES$/, ['unixSocket', 'abstractSocket']],
  'speaks to the network': [/^EACCES$/, ['internetSocket', 'internetSocket6', 'packetSocket']],
  'goes past the filter by a ring, bpf or other numbers': [
    /^(EPERM|ENOSYS)$/,
    ['ring', 'bpf', 'otherNumbers'],
  ],
  'uses the user’s keys or shared memory': [/^EPERM$/, ['keys', 'sharedMemory']],
  'makes namespaces or mounts': [/^EPERM$/, ['namespaces', 'mounts']],
};

for (const [attack, [refusal, names]] of Object.entries(PROMISES)) {
  test(`a source with native code ${attack}: refused`, held, () => {
    for (const name of names)
      assert.match(String(got[name]), refusal, `${name} ${JSON.stringify(got['failed'])}`);
  });
}

test('a source with native code signals its daemon: refused', scoped, () => {
  for (const name of ['signalParent', 'signalThread', 'signalGroupOfParent']) {
    assert.match(String(got[name]), /^(EPERM|ESRCH)$/, name);
  }
});

test('nothing of it came about', held, () => {
  assert.equal(readFileSync(secret, 'utf8'), 'the store');
  assert.equal(existsSync(place.path('written')), false);
  assert.equal(existsSync(place.path('made')), false);
});

test(
  'every thread of it is held, those of V8 and of libuv too, and nothing is left open',
  held,
  () => {
    assert.ok(threads.length > 1, String(threads));
    for (const one of threads) assert.equal(one, '1,2');
    // Standard streams, the channel, and those of Node’s own loop, which come after.
    assert.ok(descriptors.includes('3'));
  },
);

test('its own directory, and the system’s libraries, are left to it', held, () => {
  const { ownWrite, ownRemove, ownLibraries } = got;
  assert.deepEqual([ownWrite, ownRemove, ownLibraries], ['ok', 'ok', 'ok']);
});
