/** `waitbus emit`: from flags and from JSON, what is stored, and what is refused. */
import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { Sandbox } from '../support/sandbox.js';
import { WireClient } from '../support/wire.js';
import { AGENT, assertExit, emitAgent, jsonLines } from './verbs.js';

async function stored(box: Sandbox, eventId: string): Promise<Record<string, unknown>> {
  const client = await WireClient.open(box.paths.socket);
  const { event } = await client.request({ op: 'get', event_id: eventId });
  client.close();
  return event as Record<string, unknown>;
}

test('every flag reaches the stored event', async () => {
  await using box = new Sandbox();
  writeFileSync(join(box.work, 'payload.json'), '{"log":["a",9007199254740993]}');
  const id = await emitAgent(
    box,
    ...['--delivery-id', 'key-1', '--owner', 'o', '--repo', 'r', '--summary', 'it works'],
    ...['--received-at', '1795412104425123457', '--ingest-method', 'hook'],
    ...['--field', 'text=a=b', '--field', 'empty=', '--field', 'n:=12', '--field', 'yes:=true'],
    ...['--field', 'none:=null', '--field', 'list:=["x",1]', '--field', 'big:=9007199254740993'],
    ...['--payload', '@payload.json'],
  );
  assert.deepEqual(await stored(box, id), {
    kind: 'event',
    event_id: id,
    event_type: 'agent_finished',
    owner: 'o',
    repo: 'r',
    received_at: 1795412104425123457n,
    delivery_id: 'key-1',
    summary: 'it works',
    fields: {
      text: 'a=b',
      empty: '',
      n: 12,
      yes: true,
      none: null,
      list: ['x', 1],
      big: 9007199254740993n,
      source: 'agent',
      event_type: 'agent_finished',
      owner: 'o',
      repo: 'r',
      ingest_method: 'hook',
    },
    source: 'agent',
    ingest_method: 'hook',
    payload: { log: ['a', 9007199254740993n] },
  });
});

test('--json takes one event, and flags speak over it', async () => {
  await using box = new Sandbox();
  const json = JSON.stringify({
    source: 'agent',
    event_type: 'agent_failed',
    summary: 'of the text',
    fields: { a: 1, b: 2 },
  });
  const { stdout } = await box.run([
    'emit',
    '--json',
    json,
    '--summary',
    'flag',
    '--field',
    'b:=3',
  ]);
  const event = await stored(box, (JSON.parse(stdout) as { event_id: string }).event_id);
  const { a, b } = event['fields'] as Record<string, unknown>;
  assert.deepEqual([event['event_type'], event['summary'], a, b], ['agent_failed', 'flag', 1, 3]);
});

test('the acknowledgement is one JSON line on stdout, and nothing is said on stderr', async () => {
  await using box = new Sandbox();
  const ended = await box.run(['emit', ...AGENT]);
  assertExit(ended, 0);
  assert.match(ended.stdout, /^\{"event_id":"[0-9A-HJKMNP-TV-Z]{26}","inserted":true\}\n$/);
  assert.equal(ended.stderr, '');
});

test('the same delivery id a second time is the first event, not a new one', async () => {
  await using box = new Sandbox();
  const first = await emitAgent(box, '--delivery-id', 'k');
  const again = await box.run(['emit', ...AGENT, '--delivery-id', 'k']);
  assertExit(again, 0);
  assert.deepEqual(JSON.parse(again.stdout), { event_id: first, inserted: false });
});

const REFUSED: readonly (readonly [string, readonly string[], RegExp])[] = [
  ['no source', ['--event-type', 'x'], /source is missing/],
  ['no event type', ['--source', 'agent'], /event_type is missing/],
  ['a malformed event type', ['--source', 'agent', '--event-type', 'No'], /event_type "No"/],
  ['an unknown source', ['--source', 'nosuch', '--event-type', 'x'], /nosuch is not installed/],
  ['a field without a value', [...AGENT, '--field', 'a'], /--field a is not key=text/],
  ['a field that is no JSON', [...AGENT, '--field', 'a:=b'], /--field a is not JSON/],
  ['a payload that is no JSON', [...AGENT, '--payload', '{'], /--payload is not JSON/],
  ['a payload file that is not there', [...AGENT, '--payload', '@nope'], /--payload: ENOENT/],
  ['a time that is no number', [...AGENT, '--received-at', 'now'], /--received-at now/],
  ['a time beyond 64 bits', [...AGENT, '--received-at', '9'.repeat(19)], /received_at/],
  ['--json that is no JSON', ['--json', '{'], /--json is not JSON/],
  ['--json that is a list', ['--json', '[]'], /one event as a JSON object/],
  ['an unknown member', ['--json', '{"colour":1}'], /"colour" is not a member/],
  [
    'fields that are a string',
    [...AGENT, '--json', '{"fields":"abc"}'],
    /fields must be an object/,
  ],
  ['fields that are a list', [...AGENT, '--json', '{"fields":[1]}'], /fields must be an object/],
  [
    'fields that are a list, with --field',
    [...AGENT, '--json', '{"fields":[1]}', '--field', 'a=b'],
    /fields must be an object/,
  ],
  ['an unknown option', [...AGENT, '--colour', 'x'], /'--colour'/],
  ['a stray word', [...AGENT, 'x'], /'x'/],
];

test('what is malformed or refused ends with 2, names the culprit and stores nothing', async (t) => {
  await using box = new Sandbox();
  for (const [what, args, says] of REFUSED) {
    await t.test(what, async () => {
      const ended = await box.run(['emit', ...args]);
      assertExit(ended, 2);
      assert.equal(ended.stdout, '');
      assert.match(ended.stderr, says);
    });
  }
  const status = await box.run(['status', '--json']);
  assert.equal((JSON.parse(status.stdout) as { events: number }).events, 0);
});

test('a state directory that cannot be made is a clear error that names both causes', async () => {
  await using box = new Sandbox();
  const env = { WAITBUS_STATE_DIR: `${process.execPath}/state` };
  const ended = await box.waitbus(['emit', ...AGENT], { env }).ended;
  assertExit(ended, 2);
  assert.match(ended.stderr, /no daemon on .*ENOTDIR.*nor can it be spooled: ENOTDIR/);
  assert.doesNotMatch(ended.stderr, /\n\s+at /);
});

test('ten emits at once without a daemon are all acknowledged by one', async () => {
  await using box = new Sandbox();
  const all = await Promise.all(Array.from({ length: 10 }, () => box.run(['emit', ...AGENT])));
  const lines = all.flatMap(({ stdout }) => jsonLines(stdout));
  assert.equal(lines.filter((line) => line['inserted'] === true).length, 10);
  const status = await box.run(['status', '--json']);
  assert.equal((JSON.parse(status.stdout) as { events: number }).events, 10);
});
