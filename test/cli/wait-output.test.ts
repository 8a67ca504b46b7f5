/** What a wait says on stdout, stderr, a terminal and --ready-fd, and that Ctrl-C ends it. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { parseJson } from '@waitbus/plugin-sdk/envelope';
import { Sandbox } from '../support/sandbox.js';
import { armedWait, assertExit, emitAgent } from './verbs.js';

const A = ['--source', 'agent'];

test('--json prints exactly one line on stdout, with a 64-bit received_at exact', async () => {
  await using box = new Sandbox();
  const at = '1795412104425123457';
  const wait = await armedWait(box, ...A, '--json');
  await emitAgent(box, '--received-at', at, '--field', 'id:=9223372036854775807');
  const ended = await wait.ended;
  assertExit(ended, 0);
  assert.match(ended.stdout, /^\{[^\n]*\}\n$/);
  const event = parseJson(ended.stdout) as { received_at: bigint; fields: { id: bigint } };
  assert.equal(event.received_at, BigInt(at));
  assert.equal(event.fields.id, 9223372036854775807n);
});

test('without --json stdout stays empty, and stderr names the event', async () => {
  await using box = new Sandbox();
  const wait = await armedWait(box, ...A);
  await emitAgent(box, '--summary', 'claude is done');
  const ended = await wait.ended;
  assert.equal(ended.stdout, '');
  assert.match(ended.stderr, /agent_finished: claude is done/);
});

test('--quiet says nothing at all', async () => {
  await using box = new Sandbox();
  const wait = box.waitbus(['wait', ...A, '--quiet', '--json', '--ready-fd', '1']);
  await wait.says(/^ready\n/);
  await emitAgent(box);
  const ended = await wait.ended;
  assertExit(ended, 0);
  assert.equal(ended.stderr, '');
});

test('off a terminal stderr is plain lines without control characters', async () => {
  await using box = new Sandbox();
  const wait = await armedWait(box, ...A);
  await emitAgent(box, '--summary', 'x');
  const { stderr } = await wait.ended;
  // eslint-disable-next-line no-control-regex
  assert.doesNotMatch(stderr, /[\u0000-\u0009\u000b-\u001f]/);
  for (const line of stderr.trimEnd().split('\n')) assert.match(line, /^waitbus: /);
});

for (const [how, env, colours] of [
  ['with colours', { TERM: 'xterm' }, true],
  ['without colours under NO_COLOR', { TERM: 'xterm', NO_COLOR: '1' }, false],
] as const) {
  test(`on a terminal the wait shows a status line ${how}`, async () => {
    await using box = new Sandbox(env);
    const { WAITBUS } = await import('../support/sandbox.js');
    const command = `${process.execPath} ${WAITBUS} wait --source agent`;
    const wait = box.start('script', ['-qec', command, '/dev/null'], {
      stdio: ['pipe', 'pipe', 'pipe'],
    });
    await wait.says(/waiting for --source agent/);
    await emitAgent(box, '--summary', 'done');
    const ended = await wait.ended;
    assertExit(ended, 0);
    assert.equal(ended.stdout.includes('\u001b[2m'), colours, JSON.stringify(ended.stdout));
    assert.match(ended.stdout, /agent_finished: done/);
  });
}

test('Ctrl-C on a terminal ends the wait with 130', async () => {
  await using box = new Sandbox({ TERM: 'xterm' });
  const { WAITBUS } = await import('../support/sandbox.js');
  const command = `${process.execPath} ${WAITBUS} wait --source agent`;
  const wait = box.start('script', ['-qec', command, '/dev/null'], {
    stdio: ['pipe', 'pipe', 'pipe'],
  });
  await wait.says(/waiting for/);
  wait.child.stdin?.write('\u0003');
  assertExit(await wait.ended, 130);
});

test('--ready-fd gets one line once nothing can be missed', async () => {
  await using box = new Sandbox();
  const wait = box.waitbus(['wait', ...A, '--ready-fd', '3'], {
    stdio: ['ignore', 'pipe', 'pipe', 'pipe'],
  });
  const ready = wait.child.stdio[3];
  assert.ok(ready);
  const said = await new Promise<string>((resolve) =>
    ready.once('data', (b) => resolve(String(b))),
  );
  assert.equal(said, 'ready\n');
  await emitAgent(box);
  assertExit(await wait.ended, 0);
});
