/** `waitbus wait ... -- command`: armed first, acted then. */
import assert from 'node:assert/strict';
import { existsSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { Sandbox, WAITBUS } from '../support/sandbox.js';
import { armedWait, assertExit, emitAgent } from './verbs.js';

const A = ['--source', 'agent'];
const node = (script: string) => ['--', process.execPath, '-e', script];
const EMIT = `require('child_process').execFileSync(process.execPath,
  [${JSON.stringify(WAITBUS)}, 'emit', '--source', 'agent', '--event-type', 'agent_finished'])`;

test('what the command causes at its very start is not missed', async () => {
  await using box = new Sandbox();
  const ended = await box.run(['wait', ...A, '--timeout', '1m', ...node(EMIT)]);
  assertExit(ended, 0);
  assert.equal(ended.stdout, '');
});

test('a command that saves a file is heard by the wait on fs that started it', async () => {
  await using box = new Sandbox();
  const save = `require('fs').writeFileSync('out.txt', 'x')`;
  assertExit(await box.run(['wait', '--source', 'fs', '--timeout', '1m', ...node(save)]), 0);
});

test('the command does not run when the wait cannot be armed', async () => {
  await using box = new Sandbox();
  const touch = `require('fs').writeFileSync('ran', '')`;
  assertExit(await box.run(['wait', '--source', 'nosuch', ...node(touch)]), 2);
  assert.equal(existsSync(join(box.work, 'ran')), false);
});

test('a command that fails ends the wait with its code', async () => {
  await using box = new Sandbox();
  const ended = await box.run(['wait', ...A, ...node('process.exit(7)')]);
  assertExit(ended, 7);
  assert.match(ended.stderr, /ended with 7/);
});

test('a command that is killed ends the wait with 128 plus the signal', async () => {
  await using box = new Sandbox();
  const ended = await box.run(['wait', ...A, ...node('process.kill(process.pid, "SIGKILL")')]);
  assertExit(ended, 137);
  assert.match(ended.stderr, /ended with SIGKILL/);
});

test('a command that is not found ends the wait with 2 and says so', async () => {
  await using box = new Sandbox();
  const ended = await box.run(['wait', ...A, '--', './no-such-program']);
  assertExit(ended, 2);
  assert.match(ended.stderr, /no-such-program could not be run: .*ENOENT/);
});

test('a match while the command still runs waits for the command', async () => {
  await using box = new Sandbox();
  const until = `${EMIT}; console.log('emitted');
    process.stdin.once('data', () => { console.log('finished'); process.exit(0); })`;
  const wait = box.waitbus(['wait', ...A, ...node(until)], { stdio: ['pipe', 'pipe', 'pipe'] });
  await wait.says(/emitted[\s\S]*agent_finished:|agent_finished:[\s\S]*emitted/);
  assert.equal(wait.child.exitCode, null);
  wait.child.stdin?.write('go\n');
  const ended = await wait.ended;
  assertExit(ended, 0);
  assert.match(ended.stderr, /finished/);
});

test('a command that fails after the match still decides the exit code', async () => {
  await using box = new Sandbox();
  const until = `${EMIT}; process.stdin.once('data', () => process.exit(3))`;
  const wait = box.waitbus(['wait', ...A, ...node(until)], { stdio: ['pipe', 'pipe', 'pipe'] });
  await wait.says(/agent_finished:/);
  wait.child.stdin?.write('go\n');
  assertExit(await wait.ended, 3);
});

test('a command that succeeds without causing the event leaves the wait waiting', async () => {
  await using box = new Sandbox();
  const script = `require('fs').writeFileSync('ran', '')`;
  const watch = await armedWait(box, '--source', 'fs', '--match', 'fields.workflow_name="ran"');
  const wait = box.waitbus(['wait', ...A, ...node(script)]);
  assertExit(await watch.ended, 0);
  await emitAgent(box);
  assertExit(await wait.ended, 0);
});

test('the output of the command goes to stderr, stdout carries the event alone', async () => {
  await using box = new Sandbox();
  const script = `console.log('to stdout'); console.error('to stderr'); ${EMIT}`;
  const ended = await box.run(['wait', ...A, '--json', ...node(script)]);
  assertExit(ended, 0);
  assert.match(ended.stdout, /^\{"kind":"event"[^\n]*\}\n$/);
  assert.match(ended.stderr, /to stdout/);
  assert.match(ended.stderr, /to stderr/);
});

for (const [why, signal, code] of [
  ['SIGINT', 'SIGINT', 130],
  ['SIGTERM', 'SIGTERM', 143],
] as const) {
  test(`${why} ends the command that the wait started`, async () => {
    await using box = new Sandbox();
    const script = `process.on('SIGTERM', () => { require('fs').writeFileSync('told', '');
      process.exit(0); }); console.log('running'); setInterval(() => {}, 1000)`;
    const told = await armedWait(box, '--source', 'fs', '--match', 'fields.workflow_name="told"');
    const wait = box.waitbus(['wait', ...A, ...node(script)]);
    await wait.says(/running/);
    wait.child.kill(signal);
    assertExit(await wait.ended, code);
    assertExit(await told.ended, 0);
  });
}

test('arguments after -- are the command, even when they look like options', async () => {
  await using box = new Sandbox();
  writeFileSync(join(box.work, 'args.js'), `process.exit(process.argv[2] === '--help' ? 5 : 6)`);
  const ended = await box.run(['wait', ...A, '--', process.execPath, 'args.js', '--help']);
  assertExit(ended, 5);
});
