/** Which events end a wait: clauses, alternatives, counts, repositories, large events, files. */
import assert from 'node:assert/strict';
import { closeSync, openSync, writeFileSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
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
