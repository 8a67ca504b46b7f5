/** Another user was first where the socket belongs: no client says or believes a word. */
import assert from 'node:assert/strict';
import {
  chmodSync,
  chownSync,
  lchownSync,
  mkdirSync,
  readdirSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { claudeHook } from '../hook/hook.js';
import * as python from '../python/python.js';
import { McpClient } from '../mcp/mcp-client.js';
import { EMIT, ForeignWorld, NOBODY, skip, WAIT } from './foreign-world.js';

/** A verdict is not had, an emit goes to the spool, and both say why and what helps. */
async function assertRefused({ box }: ForeignWorld, why: RegExp, env: NodeJS.ProcessEnv = {}) {
  const wait = await box.waitbus(WAIT, { env }).ended;
  assert.deepEqual([wait.code, wait.stdout], [2, ''], wait.stderr);
  assert.match(wait.stderr, why);
  assert.match(wait.stderr, /WAITBUS_RUNTIME_DIR|chmod|mv /);
  const emit = await box.waitbus(EMIT, { env }).ended;
  assert.equal(emit.code, 0, emit.stderr);
  assert.match(emit.stdout, /spooled/);
  assert.equal(readdirSync(box.paths.spool).length, 1);
}

const PLACES: readonly (readonly [string, RegExp, (world: ForeignWorld) => Promise<void>])[] = [
  [
    'a directory and a socket in it',
    /belongs to uid 65534/,
    async (world) => {
      world.foreignDirectory();
      await world.forge();
    },
  ],
  [
    'a link to a directory of theirs',
    /symbolic link, and uid 65534 made it/,
    async (world) => {
      const theirs = world.foreignDirectory(join(world.tmp, 'theirs'));
      await world.forge(join(theirs, 'broadcast.sock'));
      symlinkSync(theirs, world.runtime);
      lchownSync(world.runtime, NOBODY, NOBODY);
    },
  ],
  [
    'a link of the user to a directory of theirs',
    /symbolic link|belongs to uid 65534/,
    async (world) => {
      const theirs = world.foreignDirectory(join(world.tmp, 'theirs'));
      await world.forge(join(theirs, 'broadcast.sock'));
      chmodSync(theirs, 0o700);
      symlinkSync(theirs, world.runtime);
    },
  ],
  [
    'a socket in a directory of the user that was open',
    /others may write in .* \(mode 777\)/,
    async (world) => {
      mkdirSync(world.runtime);
      chmodSync(world.runtime, 0o777);
      await world.forge();
    },
  ],
  [
    'a socket in a directory of the user that is closed again',
    /broadcast\.sock belongs to uid 65534/,
    async (world) => {
      mkdirSync(world.runtime);
      chmodSync(world.runtime, 0o777);
      await world.forge();
      chmodSync(world.runtime, 0o700);
    },
  ],
  [
    'a link to a socket of theirs',
    /is not a socket/,
    async (world) => {
      const theirs = world.foreignDirectory(join(world.tmp, 'theirs'));
      await world.forge(join(theirs, 'broadcast.sock'));
      mkdirSync(world.runtime, { mode: 0o700 });
      symlinkSync(join(theirs, 'broadcast.sock'), world.socket);
      lchownSync(world.socket, NOBODY, NOBODY);
    },
  ],
  [
    'themselves behind a socket that looks like the user’s',
    /uid 65534 listens on/,
    async (world) => {
      mkdirSync(world.runtime, { mode: 0o700 });
      await world.forge(world.socket, '--bind-first');
    },
  ],
];

for (const [what, why, place] of PLACES) {
  test(`another user who put ${what} ends no wait and gets no emit`, { skip }, async () => {
    await using world = new ForeignWorld();
    await place(world);
    await assertRefused(world, why);
    await world.heardNothing();
  });

  test(`a Python program is refused ${what}, too`, { skip: skip || python.skip }, async () => {
    await using world = new ForeignWorld();
    await place(world);
    const { stdout, code, stderr } = await python.run(
      world.box,
      `
try:
    print(waitbus.wait_for(source="agent", timeout=60))
except waitbus.WaitbusError as error:
    print(error.code, error.message, error.remedy != "")
print("spooled", waitbus.emit({"source": "agent", "event_type": "agent_note"})["spooled"] is not None)
`,
    );
    assert.equal(code, 0, stderr);
    assert.match(stdout, /^WAITBUS_UNREACHABLE .* \(WAITBUS_SOCKET_PATH\) True\nspooled True\n$/);
    await world.heardNothing();
  });
}

test('a path in the lock file that leads to another user is not followed', { skip }, async () => {
  await using world = new ForeignWorld({ WAITBUS_NO_AUTOSTART: '1' });
  const theirs = world.foreignDirectory(join(world.tmp, 'theirs'));
  await world.forge(join(theirs, 'broadcast.sock'));
  mkdirSync(world.box.paths.stateDir, { mode: 0o700 });
  writeFileSync(join(world.box.paths.stateDir, 'daemon.lock'), join(theirs, 'broadcast.sock'));
  const wait = await world.box.run(WAIT);
  assert.deepEqual([wait.code, wait.stdout], [2, ''], wait.stderr);
  const read = await python.run(world.box, 'waitbus.wait_for(source="agent", timeout=60)');
  assert.match(read.stderr, /WAITBUS_UNREACHABLE/);
  await world.heardNothing();
});

test(
  'hooks, status, agents, stop and MCP tell a model nothing that another user says',
  { skip },
  async () => {
    await using world = new ForeignWorld();
    const { box } = world;
    world.foreignDirectory();
    await world.forge();
    for (const event of ['SessionStart', 'UserPromptSubmit', 'Stop']) {
      const hook = await claudeHook(box, event, { source: 'startup' });
      assert.deepEqual([hook.code, hook.stdout], [0, ''], hook.stderr);
    }
    for (const command of ['status', 'agents', 'stop', 'log']) {
      const { code, stdout, stderr } = await box.run([command]);
      assert.deepEqual([code, stdout], [2, ''], `${command}: ${stderr}`);
      assert.match(stderr, /belongs to uid 65534/);
    }
    await using mcp = await McpClient.connect(box);
    const said = JSON.stringify(await mcp.call('wait', { source: 'agent', timeout: '5s' }));
    assert.doesNotMatch(said, /obey me|forged/);
    await world.heardNothing();
  },
);

test('the user goes elsewhere, as the refusal says, and is served there', { skip }, async () => {
  await using world = new ForeignWorld();
  const { box } = world;
  world.foreignDirectory();
  await world.forge();
  const env = { WAITBUS_RUNTIME_DIR: join(box.directory, 'mine') };
  const emitted = await box.waitbus(EMIT, { env }).ended;
  assert.match(emitted.stdout, /event_id/, emitted.stderr);
  // Who was not told finds the daemon by the lock of the state, past the other user's directory.
  const found = await box.run(EMIT);
  assert.match(found.stdout, /event_id/, found.stderr);
  await box.waitbus(['stop'], { env }).ended;
  await world.heardNothing();
});

test('a directory that root made is no more the user’s than anybody’s', { skip }, async () => {
  await using world = new ForeignWorld();
  const { box } = world;
  // Seen by uid 65534, whose own daemon would be another user's here.
  mkdirSync(world.runtime, { mode: 0o755 });
  const home = join(world.tmp, 'home');
  mkdirSync(home);
  chownSync(home, NOBODY, NOBODY);
  const look = `import os, sys; sys.path.insert(0, sys.argv[1]); import waitbus
os.setgid(65534); os.setuid(65534)
try:
    waitbus.wait_for(source="agent", timeout=60, autostart=False)
except waitbus.WaitbusError as error:
    print(error.message)`;
  const client = await box.start('python3', ['-c', look, python.CLIENT], {
    env: { HOME: home, WAITBUS_STATE_DIR: join(home, 'state') },
  }).ended;
  assert.match(client.stdout, /belongs to uid 0, not to you \(65534\)/, client.stderr);
});
