/** A wait and the daemon under it: killed, stopped, started by ten at once. */
import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { Sandbox } from '../support/sandbox.js';
import { armedWait, assertExit, daemonPid, emitAgent, jsonLines } from './verbs.js';

const A = ['--source', 'agent'];

test('a wait whose daemon is killed comes back by itself and gets the event emitted later', async () => {
  await using box = new Sandbox();
  const wait = await armedWait(box, ...A, '--json');
  const pid = await daemonPid(box);
  process.kill(pid, 'SIGKILL');
  await wait.says(/coming back to it\n(?:.*\n)*?waitbus: waiting for/);
  assert.notEqual(await daemonPid(box), pid);
  const id = await emitAgent(box);
  const ended = await wait.ended;
  assertExit(ended, 0);
  assert.equal(jsonLines(ended.stdout)[0]?.['event_id'], id);
});

test('an event that was emitted while the wait was away is not missed', async () => {
  await using box = new Sandbox();
  await emitAgent(box, '--field', 'n:=0');
  const wait = await armedWait(box, ...A, '--json');
  const pid = await daemonPid(box);
  wait.child.kill('SIGSTOP');
  process.kill(pid, 'SIGKILL');
  const id = await emitAgent(box, '--field', 'n:=1');
  wait.child.kill('SIGCONT');
  const ended = await wait.ended;
  assertExit(ended, 0);
  assert.deepEqual(
    jsonLines(ended.stdout).map((event) => event['event_id']),
    [id],
  );
});

test('a wait on fs whose daemon is killed is armed again and hears the save', async () => {
  await using box = new Sandbox();
  const wait = await armedWait(box, '--source', 'fs', '--match', 'fields.workflow_name="a"');
  process.kill(await daemonPid(box), 'SIGKILL');
  await wait.says(/coming back to it\n(?:.*\n)*?waitbus: waiting for/);
  writeFileSync(join(box.work, 'a'), 'x');
  assertExit(await wait.ended, 0);
});

test('--count counts across the death of the daemon, each event once', async () => {
  await using box = new Sandbox();
  const wait = await armedWait(box, ...A, '--count', '2', '--json');
  const first = await emitAgent(box);
  await wait.says(new RegExp(first));
  process.kill(await daemonPid(box), 'SIGKILL');
  const second = await emitAgent(box);
  const ended = await wait.ended;
  assert.deepEqual(
    jsonLines(ended.stdout).map((event) => event['event_id']),
    [first, second],
  );
});

test('waitbus stop during a wait: the wait starts a daemon again and goes on', async () => {
  await using box = new Sandbox();
  const wait = await armedWait(box, ...A);
  assertExit(await box.run(['stop']), 0);
  await wait.says(/coming back to it\n(?:.*\n)*?waitbus: waiting for/);
  await emitAgent(box);
  assertExit(await wait.ended, 0);
});

test('with --no-autostart a wait outlives its daemon and is served by the next one', async () => {
  await using box = new Sandbox();
  const first = await box.daemon();
  const wait = await armedWait(box, ...A, '--no-autostart');
  first.child.kill('SIGKILL');
  await wait.says(/coming back to it/);
  await first.ended;
  await box.daemon();
  await emitAgent(box);
  assertExit(await wait.ended, 0);
});

test('Ctrl-C ends a wait that is looking for its daemon', async () => {
  await using box = new Sandbox();
  const daemon = await box.daemon();
  const wait = await armedWait(box, ...A, '--no-autostart');
  daemon.child.kill('SIGKILL');
  await wait.says(/coming back to it/);
  wait.child.kill('SIGINT');
  assertExit(await wait.ended, 130);
});

test('ten waits at once without a daemon: one daemon, all armed, all woken by one emit', async () => {
  await using box = new Sandbox();
  const waits = Array.from({ length: 10 }, () => box.waitbus(['wait', ...A]));
  await Promise.all(waits.map((wait) => wait.says(/waiting for/)));
  const { stdout } = await box.run(['status', '--json']);
  assert.equal((JSON.parse(stdout) as { subscribers: number }).subscribers, 10);
  await emitAgent(box);
  for (const wait of waits) assertExit(await wait.ended, 0);
});

test('a SIGKILLed wait leaves no subscriber behind', async () => {
  await using box = new Sandbox();
  const wait = await armedWait(box, ...A);
  wait.child.kill('SIGKILL');
  await wait.ended;
  // The daemon has read the end of that connection before it answers a later one's second request.
  await emitAgent(box);
  const { stdout } = await box.run(['status', '--json']);
  assert.equal((JSON.parse(stdout) as { subscribers: number }).subscribers, 0);
});
