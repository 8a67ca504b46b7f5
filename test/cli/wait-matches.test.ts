/** What ends a wait: clauses, counts, what happened since, output. */
import assert from 'node:assert/strict';
import { closeSync, openSync, writeFileSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { parseJson } from '@waitbus/plugin-sdk/envelope';
import { Sandbox } from '../support/sandbox.js';
import { armedWait, assertExit, emitAgent, jsonLines } from './verbs.js';

const A = ['--source', 'agent'];

for (const order of [
  ['agent', 'fs'],
  ['fs', 'agent'],
]) {
  test(`--all-of over two sources needs both; ${order.join(' then ')}`, async () => {
    await using box = new Sandbox();
    const wait = await armedWait(
      box,
      '--all-of',
      'agent:event_type="agent_finished"',
      '--all-of',
      'fs:fields.workflow_name="a.txt"',
      '--json',
    );
    for (const source of order) {
      if (source === 'agent') await emitAgent(box);
      else writeFileSync(join(box.work, 'a.txt'), 'x');
      // The first of the two is reported, and the wait goes on.
      await wait.says(source === 'agent' ? /"agent_finished"/ : /"fs_change"/);
    }
    const ended = await wait.ended;
    assertExit(ended, 0);
    const sources = jsonLines(ended.stdout).map((event) => event['fields'] as { source: string });
    assert.deepEqual(
      sources.map(({ source }) => source),
      order,
    );
  });
}

test('one event may satisfy several clauses of --all-of', async () => {
  await using box = new Sandbox();
  const wait = await armedWait(box, '--all-of', 'agent:fields.a=1', '--all-of', 'agent:fields.b=2');
  await emitAgent(box, '--field', 'a:=1', '--field', 'b:=2');
  assertExit(await wait.ended, 0);
});

test('a clause on a member that is only in fields is answered by it', async () => {
  await using box = new Sandbox();
  const wait = await armedWait(
    box,
    '--all-of',
    'agent:fields.source="agent"',
    '--all-of',
    'agent:fields.ingest_method="hook"',
  );
  await emitAgent(box, '--ingest-method', 'hook');
  assertExit(await wait.ended, 0);
});

test('--first-of ends on the first event of any clause', async () => {
  await using box = new Sandbox();
  const wait = await armedWait(
    box,
    '--json',
    '--first-of',
    'fs:fields.workflow_name="never"',
    '--first-of',
    'agent:fields.n=2',
  );
  await emitAgent(box, '--field', 'n:=1');
  await emitAgent(box, '--field', 'n:=2');
  const ended = await wait.ended;
  assertExit(ended, 0);
  assert.equal((jsonLines(ended.stdout)[0]?.['fields'] as { n: number }).n, 2);
});

test('several = on one key are alternatives, everything else must hold together', async () => {
  await using box = new Sandbox();
  const match = ['fields.n=1', 'fields.n=2', 'fields.who="b"'].flatMap((p) => ['--match', p]);
  const wait = await armedWait(box, ...A, ...match, '--json');
  await emitAgent(box, '--field', 'n:=1', '--field', 'who=a');
  await emitAgent(box, '--field', 'n:=3', '--field', 'who=b');
  await emitAgent(box, '--field', 'n:=2', '--field', 'who=b');
  const ended = await wait.ended;
  assert.equal((jsonLines(ended.stdout)[0]?.['fields'] as { n: number }).n, 2);
});

test('--count N ends on the N-th matching event', async () => {
  await using box = new Sandbox();
  const wait = await armedWait(box, ...A, '--count', '3', '--json', '--match', 'fields.ok=true');
  for (const ok of ['true', 'false', 'true', 'true']) await emitAgent(box, '--field', `ok:=${ok}`);
  const ended = await wait.ended;
  assertExit(ended, 0);
  assert.equal(jsonLines(ended.stdout).length, 3);
});

test('--repo hears only events of that repository', async () => {
  await using box = new Sandbox();
  const wait = await armedWait(box, ...A, '--repo', 'o/*', '--json');
  await emitAgent(box, '--owner', 'other', '--repo', 'r');
  const id = await emitAgent(box, '--owner', 'o', '--repo', 'r');
  assert.equal(jsonLines((await wait.ended).stdout)[0]?.['event_id'], id);
});

test('--since start, a duration and an event id answer from the log', async () => {
  await using box = new Sandbox();
  const first = await emitAgent(box);
  const second = await emitAgent(box);
  for (const [since, expected] of [
    ['start', first],
    ['10m', first],
    ['600', first],
    [first, second],
    [first.toLowerCase(), second],
  ] as const) {
    const ended = await box.run(['wait', ...A, '--since', since, '--json', '--timeout', '1m']);
    assertExit(ended, 0);
    assert.equal(jsonLines(ended.stdout)[0]?.['event_id'], expected, since);
  }
});

test('without --since, and after the last event, the log is no answer', async () => {
  await using box = new Sandbox();
  const last = await emitAgent(box);
  assertExit(await box.run(['wait', ...A, '--timeout', '300ms']), 124);
  assertExit(await box.run(['wait', ...A, '--since', last, '--timeout', '300ms']), 124);
});

test('a --since before the epoch is the start of the log', async () => {
  await using box = new Sandbox();
  const first = await emitAgent(box);
  const ended = await box.run(['wait', ...A, '--since', '99999d', '--json', '--timeout', '1m']);
  assert.equal(jsonLines(ended.stdout)[0]?.['event_id'], first);
});

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

test('an event over the 64 KiB frame cap wakes a wait, with --all-of too', async () => {
  await using box = new Sandbox();
  const big = 'x'.repeat(70_000);
  const line = JSON.stringify({
    source: 'agent',
    event_type: 'agent_finished',
    fields: { big, run_id: 7 },
  });
  const plain = await armedWait(box, ...A, '--match', 'fields.run_id=7', '--json');
  const both = await armedWait(box, '--all-of', 'agent:fields.run_id=7', '--all-of', 'agent:');
  assertExit(await box.run(['emit', '--json', '-'], line), 0);
  const ended = await plain.ended;
  assertExit(ended, 0);
  const [event] = jsonLines(ended.stdout);
  assert.equal((event?.['fields'] as { big: string }).big, big);
  assert.equal(event?.['kind'], 'event');
  assert.equal('payload' in (event ?? {}), false);
  assertExit(await both.ended, 0);
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

test('a half-written file does not wake a wait on fs, its close does', async () => {
  await using box = new Sandbox();
  const wait = await armedWait(box, '--source', 'fs', '--count', '2', '--json');
  const half = openSync(join(box.work, 'half.txt'), 'w');
  writeSync(half, 'the first half');
  writeFileSync(join(box.work, 'marker.txt'), 'saved in full');
  await wait.says(/marker\.txt/);
  closeSync(half);
  const ended = await wait.ended;
  const names = jsonLines(ended.stdout).map(
    (event) => (event['fields'] as { workflow_name: string }).workflow_name,
  );
  assert.deepEqual(names, ['marker.txt', 'half.txt']);
});
