/** `waitbus emit --json -`: events from stdin, one a line. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Sandbox } from '../support/sandbox.js';
import { WireClient } from '../support/wire.js';
import { AGENT, armedWait, assertExit, jsonLines } from './verbs.js';

const line = (n: number, more: object = {}) =>
  JSON.stringify({ source: 'agent', event_type: 'agent_finished', fields: { n }, ...more });

/** The numbers of all stored events, in the order of the log. */
async function numbers(box: Sandbox, expected: number): Promise<unknown[]> {
  const client = await WireClient.open(box.paths.socket);
  client.send({ op: 'subscribe', since: '0'.repeat(26) });
  const events = expected === 0 ? [] : await client.count('event', expected);
  const { events: stored } = await status(box);
  client.close();
  assert.equal(stored, expected);
  return events.map((event) => (event['fields'] as { n: unknown }).n);
}

async function status(box: Sandbox): Promise<{ events: number }> {
  return JSON.parse((await box.run(['status', '--json'])).stdout) as { events: number };
}

test('each line is an event, acknowledged in order; blank lines do not count', async () => {
  await using box = new Sandbox();
  const ended = await box.run(
    ['emit', '--json', '-'],
    `${line(1)}\n\n${line(2)}\r\n  \n${line(3)}`,
  );
  assertExit(ended, 0);
  assert.equal(jsonLines(ended.stdout).length, 3);
  assert.deepEqual(await numbers(box, 3), [1, 2, 3]);
});

test('3,000 lines are stored in their order and each is acknowledged', async () => {
  await using box = new Sandbox();
  const count = 3000;
  const lines = Array.from({ length: count }, (_, n) => line(n)).join('\n');
  const ended = await box.run(['emit', '--json', '-'], lines);
  assertExit(ended, 0);
  const ids = jsonLines(ended.stdout).map((ack) => ack['event_id'] as string);
  assert.equal(ids.length, count);
  assert.deepEqual(ids, [...ids].sort());
  assert.deepEqual(
    await numbers(box, count),
    Array.from({ length: count }, (_, n) => n),
  );
});

test('one event written over several lines is one event', async () => {
  await using box = new Sandbox();
  const pretty = JSON.stringify(JSON.parse(line(7, { payload: [{ a: 1 }, {}] })), null, 2);
  const ended = await box.run(['emit', '--json', '-'], `${pretty}\n`);
  assertExit(ended, 0);
  assert.equal(jsonLines(ended.stdout).length, 1);
});

for (const [where, lines, bad] of [
  ['first', ['{"source":', line(2), line(3)], 1],
  ['middle', [line(1), '{nonsense', line(3)], 2],
  ['last', [line(1), line(2), '{"source":"agent"'], 3],
] as const) {
  test(`a malformed ${where} line is named, the others are stored, exit 2`, async () => {
    await using box = new Sandbox();
    const ended = await box.run(['emit', '--json', '-'], lines.join('\n'));
    assertExit(ended, 2);
    assert.match(ended.stderr, new RegExp(`line ${bad}: `));
    assert.equal(ended.stderr.match(/line \d+: /g)?.length, 1);
    assert.deepEqual(
      await numbers(box, 2),
      [1, 2, 3].filter((n) => n !== bad),
    );
  });
}

for (const [what, wrong, says] of [
  ['of an unknown source', line(2, { source: 'nosuch' }), /line 2: .*nosuch is not installed/],
  ['with a bad event type', line(2, { event_type: 'No' }), /line 2: event_type "No"/],
  ['that is no object', '[1]', /line 2: not a JSON object/],
  ['that is no object but a number', '12', /line 2: not a JSON object/],
  ['with fields that are text', line(2, { fields: 'abc' }), /line 2: fields must be an object/],
] as const) {
  test(`an event ${what} in the middle is named, the others are stored, exit 2`, async () => {
    await using box = new Sandbox();
    const ended = await box.run(['emit', '--json', '-'], `${line(1)}\n${wrong}\n${line(3)}\n`);
    assertExit(ended, 2);
    assert.match(ended.stderr, says);
    assert.equal(jsonLines(ended.stdout).length, 2);
    assert.deepEqual(await numbers(box, 2), [1, 3]);
  });
}

test('flags fill in what the lines leave out', async () => {
  await using box = new Sandbox();
  const ended = await box.run(['emit', '--json', '-', ...AGENT], '{}\n{"fields":{"n":1}}\n');
  assertExit(ended, 0);
  assert.equal(jsonLines(ended.stdout).length, 2);
});

test('empty input stores nothing and is no error', async () => {
  await using box = new Sandbox();
  assertExit(await box.run(['emit', '--json', '-'], '\n\n'), 0);
});

for (const [what, first] of [
  ['', line(1)],
  [' even after a malformed first line', '{"source":'],
] as const) {
  test(`lines of a live pipe are stored while it stays open${what}`, async () => {
    await using box = new Sandbox();
    const wait = await armedWait(box, '--source', 'agent', '--match', 'fields.n=2');
    const emit = box.waitbus(['emit', '--json', '-'], { stdio: ['pipe', 'pipe', 'pipe'] });
    emit.child.stdin?.write(`${first}\n${line(2)}\n`);
    assertExit(await wait.ended, 0);
    assert.equal(emit.child.exitCode, null);
    const later = await armedWait(box, '--source', 'agent', '--match', 'fields.n=3');
    emit.child.stdin?.write(`${line(3)}\n`);
    assertExit(await later.ended, 0);
    emit.child.stdin?.end();
    assertExit(await emit.ended, what === '' ? 0 : 2);
  });
}

test('a reader that has gone, as in | head -1, does not keep lines from being stored', async () => {
  await using box = new Sandbox();
  const emit = box.waitbus(['emit', '--json', '-'], { stdio: ['pipe', 'pipe', 'pipe'] });
  emit.child.stdout?.destroy();
  emit.child.stdin?.end(Array.from({ length: 50 }, (_, n) => line(n)).join('\n'));
  assertExit(await emit.ended, 0);
  assert.equal((await numbers(box, 50)).length, 50);
});

test('a reader that is slow still gets every acknowledgement', async () => {
  await using box = new Sandbox();
  const count = 3000;
  const emit = box.waitbus(['emit', '--json', '-'], { stdio: ['pipe', 'pipe', 'pipe'] });
  emit.child.stdout?.pause();
  emit.child.stdin?.end(Array.from({ length: count }, (_, n) => line(n)).join('\n'));
  const marker = box.waitbus([
    'wait',
    '--source',
    'agent',
    '--since',
    'start',
    '--count',
    `${count}`,
  ]);
  assertExit(await marker.ended, 0);
  emit.child.stdout?.resume();
  assert.equal(jsonLines((await emit.ended).stdout).length, count);
});
