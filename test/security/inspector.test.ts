/** Who opens an inspector in a process of waitbus, by a signal or by a variable, has no port to use. */
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { existsSync, readdirSync, readFileSync, readlinkSync } from 'node:fs';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { test } from 'node:test';
import { emitAgent } from '../cli/verbs.js';
import { claudeInput, NAME } from '../hook/hook.js';
import { HASTY, Stage } from '../host/broken-sources.js';
import { Sandbox } from '../support/sandbox.js';

const onLinux = { skip: process.platform === 'linux' ? false : 'reads /proc' };
const INSPECT = { NODE_OPTIONS: '--inspect=127.0.0.1:0' };
const TCP_LISTEN = '0A';

/** The TCP ports that a process listens on. */
function listensOn(pid: number | undefined): string[] {
  const sockets = readdirSync(`/proc/${pid}/fd`).flatMap((fd) => {
    try {
      return [readlinkSync(`/proc/${pid}/fd/${fd}`)];
    } catch {
      return [];
    }
  });
  const rows = ['tcp', 'tcp6'].flatMap((family) =>
    readFileSync(`/proc/${pid}/net/${family}`, 'utf8').split('\n').slice(1),
  );
  return rows
    .map((row) => row.trim().split(/\s+/))
    .filter(([, , , state, , , , , , inode]) => {
      return state === TCP_LISTEN && sockets.includes(`socket:[${inode}]`);
    })
    .map(([, address = '']) => address);
}

test('the look at ports finds one that is there', onLinux, async () => {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  assert.equal(listensOn(process.pid).length, 1);
  server.close();
});

test('SIGUSR1 to the daemon opens no inspector, and it serves on', onLinux, async () => {
  await using box = new Sandbox();
  const daemon = await box.daemon();
  for (let at = 0; at < 3; at += 1) {
    daemon.child.kill('SIGUSR1');
    const { code, stdout } = await box.run(['status', '--json']);
    assert.equal(code, 0);
    assert.equal((JSON.parse(stdout) as { pid: number }).pid, daemon.child.pid);
    assert.deepEqual(listensOn(daemon.child.pid), []);
  }
  daemon.child.kill('SIGTERM');
  assert.doesNotMatch((await daemon.ended).stderr, /Debugger listening/);
});

test(
  'a daemon that is told to start with an inspector has none once it serves',
  onLinux,
  async () => {
    await using box = new Sandbox(INSPECT);
    const daemon = await box.daemon();
    assert.deepEqual(listensOn(daemon.child.pid), []);
  },
);

test('a command hands no inspector on to the daemon that it starts', onLinux, async () => {
  await using box = new Sandbox(INSPECT);
  await emitAgent(box);
  const { stdout } = await box.run(['status', '--json']);
  const { pid } = JSON.parse(stdout) as { pid: number };
  assert.deepEqual(listensOn(pid), []);
  assert.doesNotMatch(readFileSync(box.paths.daemonLog, 'utf8'), /Debugger listening/);
  assert.doesNotMatch(readFileSync(`/proc/${pid}/environ`, 'utf8'), /NODE_OPTIONS/);
});

test('SIGUSR1 to a source opens no inspector', onLinux, async () => {
  await using stage = new Stage('tells-waiters', HASTY, INSPECT, {
    capabilities: { env: ['NODE_OPTIONS'] },
  });
  stage.supervisor.want([]);
  await stage.state('running');
  const pid = stage.supervisor.pid ?? 0;
  process.kill(pid, 'SIGUSR1');
  assert.deepEqual(listensOn(pid), []);
  assert.doesNotMatch(readFileSync(`/proc/${pid}/environ`, 'utf8'), /--inspect/);
});

test('a hook that waits beside a session has no inspector', onLinux, async () => {
  await using box = new Sandbox();
  await box.daemon();
  const args = ['hook', 'claude', 'Idle', '--hold', '1h'];
  const env = { ...INSPECT, CLAUDE_CODE_ENTRYPOINT: 'cli' };
  const hook = box.waitbus(args, { stdio: ['pipe', 'pipe', 'pipe'], env });
  hook.child.stdin?.end(claudeInput('Stop'));
  const waits = join(box.paths.runtimeDir, 'idle', NAME.replace(':', '-'));
  // It is there for a moment before its process is written into it.
  const waiting = () => existsSync(waits) && readFileSync(waits, 'utf8') !== '';
  while (!waiting()) await new Promise(setImmediate);
  assert.equal(Number(readFileSync(waits, 'utf8')), hook.child.pid);
  assert.deepEqual(listensOn(hook.child.pid), []);
});
