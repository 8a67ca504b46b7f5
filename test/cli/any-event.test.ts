/**
 * Whatever is in the log can be read: any event that `emit` takes, and any that an older version may
 * have stored, through every command, the library, the tools for models and the Python client.
 */
import assert from 'node:assert/strict';
import { mkdirSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { after, test, type TestContext } from 'node:test';
import {
  emit,
  inbox,
  listAgents,
  subscribe,
  waitFor,
  WaitbusError,
  type EventFrame,
} from 'waitbus';
import { parseJson } from '@waitbus/plugin-sdk/envelope';
import { Store } from '../../kernel/src/store/store.js';
import { McpClient } from '../mcp/mcp-client.js';
import { answer, skip } from '../python/python.js';
import { anyEnvelopes, oldEvents, READER } from '../support/any-event.js';
import { seedOf } from '../support/property.js';
import { Sandbox } from '../support/sandbox.js';
import { AGENT, assertExit } from './verbs.js';

const OLD = 40;
const NEW = 80;
const SINCE = ['--since', 'start'] as const;
// What a terminal would obey, line breaks aside.
// eslint-disable-next-line no-control-regex
const STEERING = /[\u0000-\u0008\u000b-\u001f\u007f-\u009f\u202a-\u202e\u2066-\u2069]/;

const box = new Sandbox();
let all: readonly EventFrame[] = [];
const ids = () => all.map(({ event_id: id }) => id);
const messages = () =>
  all.filter(
    ({ event_type: type, fields }) =>
      fields['source'] === 'agent' && type === 'agent_message' && fields['msg_to'] === READER,
  );

after(() => box[Symbol.asyncDispose]());

async function heard(options: object, count: number): Promise<EventFrame[]> {
  const found: EventFrame[] = [];
  for await (const frame of subscribe({ ...box, ...options })) {
    found.push(frame);
    if (found.length === count) break;
  }
  return found;
}

async function lines(...args: readonly string[]): Promise<string[]> {
  const ended = await box.run(args);
  assertExit(ended, 0);
  if (!args.includes('--json')) assert.doesNotMatch(ended.stdout, STEERING, args.join(' '));
  return ended.stdout.split('\n').filter((line) => line !== '');
}

const idsOf = (printed: readonly string[]) =>
  printed.map((line) => (parseJson(line) as EventFrame).event_id);

/** Stores what an older version may have, then emits whatever is taken, followed by a `log`. */
async function fill(t: TestContext): Promise<void> {
  const seed = seedOf(t);
  const file = box.paths.store;
  mkdirSync(dirname(file), { recursive: true, mode: 0o700 });
  const store = new Store({ file, now: Date.now });
  const old = oldEvents(seed, OLD);
  store.append([old]);
  store.close();
  await box.daemon();
  const log = box.waitbus(['log', '--follow', '--json', ...SINCE]);
  await log.says(/"kind":"event"/);
  const results: string[] = [];
  for (const event of anyEnvelopes(seed, NEW)) {
    try {
      const { results: one } = await emit(event, box);
      results.push(...one.map(({ event_id: id }) => id));
    } catch (error) {
      assert.ok(error instanceof WaitbusError, String(error));
      assert.equal(error.code, 'WAITBUS_BAD_EVENT', error.message);
    }
  }
  assert.ok(results.length > NEW / 4, `only ${results.length} were taken`);
  const last = results.at(-1) ?? '';
  await log.says(new RegExp(last));
  log.child.kill('SIGINT');
  const ended = await log.ended;
  assertExit(ended, 0);
  all = await heard({ since: 'start' }, old.length + results.length);
  assert.equal(all.at(-1)?.event_id, last);
  assert.deepEqual(idsOf(ended.stdout.split('\n').filter((line) => line !== '')), ids());
}

test('property: no event keeps anybody from reading the log', async (t) => {
  // Stored, and followed by log and subscribe.
  await fill(t);

  await t.test('log shows each in a line of its own', async () => {
    assert.deepEqual(idsOf(await lines('log', '--json', ...SINCE)), ids());
    const shown = await lines('log', ...SINCE);
    assert.equal(shown.length, all.length, shown.join('\n'));
  });

  await t.test('wait gives each', async () => {
    const agents = all.filter(({ fields }) => fields['source'] === 'agent');
    const count = ['--count', String(agents.length)];
    const printed = await lines('wait', '--source', 'agent', ...SINCE, ...count, '--json');
    assert.deepEqual(
      idsOf(printed),
      agents.map(({ event_id: id }) => id),
    );
    const waited = await waitFor({
      ...box,
      source: 'agent',
      since: 'start',
      count: agents.length,
    });
    assert.equal(waited.length, agents.length);
  });

  await t.test('inbox gives every message, and is empty afterwards', async () => {
    const wanted = messages().map(({ event_id: id }) => id);
    assert.ok(wanted.length > 0);
    const read: string[] = [];
    for await (const { event_id: id } of inbox({ ...box, as: READER, peek: true })) read.push(id);
    assert.deepEqual(read, wanted);
    assert.deepEqual(idsOf(await lines('inbox', '--as', READER, '--json', ...SINCE)), wanted);
    const shown = (await lines('inbox', '--as', READER)).join('\n');
    for (const id of wanted) assert.ok(shown.includes(id), id);
    assert.deepEqual(await lines('inbox', '--as', READER), []);
  });

  await t.test('agents, status and the sources are told of', async () => {
    assert.ok((await listAgents(box)).length > 0);
    assert.ok((await lines('agents')).length > 0);
    for (const args of [['agents'], ['status'], ['source', 'list']]) {
      await lines(...args);
      for (const line of [(await lines(...args, '--json')).join('\n')].filter(Boolean)) {
        assert.ok(/^[[{]/.test(line), line);
      }
    }
  });

  await t.test('a watch hands each over', async () => {
    await lines('watch', '--for', READER, '--source', 'agent', ...SINCE);
    const wanted = all.filter(({ fields }) => fields['source'] === 'agent');
    const taken: string[] = [];
    const take = ['watch', '--for', READER, '--take', '--timeout', '5s', '--max', '64'];
    const first = await lines(...take);
    while (first.length + taken.length < wanted.length) {
      taken.push(...idsOf(await lines(...take, '--json')));
    }
    assert.deepEqual(
      taken,
      wanted.slice(first.length).map(({ event_id: id }) => id),
    );
    assert.ok((await lines('wakes', '--for', READER)).length > 0);
    assert.ok((await lines('wakes', '--for', READER, '--json')).length > 0);
  });

  await t.test('the tools for models give each', async () => {
    await using mcp = await McpClient.connect(box, '--as', READER);
    const call = async (name: string, args: object) => {
      const { text, isError, data } = await mcp.call(name, args);
      assert.equal(isError, false, `${name}: ${text}`);
      return data as { events?: readonly EventFrame[]; messages?: readonly EventFrame[] };
    };
    const tail = await call('tail', { since: 'start', limit: 200 });
    assert.deepEqual(
      tail.events?.map(({ event_id: id }) => id),
      ids(),
    );
    const found = await call('inbox', { as: READER, since: 'start', limit: 100 });
    assert.equal(found.messages?.length, messages().length);
    await call('wait', { source: 'agent', since: 'start', count: 5, timeout_s: 5 });
    await call('list_agents', {});
    await call('list_sources', {});
    for (const event_id of ids()) await call('get_event', { event_id });
  });

  await t.test('the Python client reads each', { skip }, async () => {
    const program = `
count = int(sys.argv[1])
seen = []
for event in waitbus.subscribe(since="start", timeout=60):
    assert type(event["received_at"]) is int, event
    waitbus.fence([event]).encode("utf-8")
    json.dumps(event)
    seen.append(event["event_id"])
    if len(seen) == count:
        break
waitbus.wait_for(source="agent", since="start", timeout=60)
print(json.dumps(seen))`;
    assert.deepEqual(await answer(box, program, String(all.length)), ids());
  });
});

test('a time in seconds is that time wherever it comes in', async () => {
  await using place = new Sandbox();
  const at = 1_796_115_059;
  const event = { source: 'agent', event_type: 'agent_note', received_at: at };
  const { code, stderr } = await place.run([
    ...['emit', '--source', 'agent', '--event-type', 'agent_note'],
    ...['--received-at', String(at), '--field', 'received_at:=1752000000123456789'],
  ]);
  assert.equal(code, 0, stderr);
  await emit({ ...event, received_at: at * 1000 }, place);
  const spooled = await waitFor({
    ...place,
    source: 'agent',
    match: 'fields.by="spool"',
    timeout: 60_000,
    onArmed: () => {
      const line = JSON.stringify({ ...event, fields: { by: 'spool' } });
      writeFileSync(join(place.paths.spool, 'from-a-shell.ndjson'), line);
    },
  });
  assert.equal(spooled.length, 1);
  const { stdout } = await place.run(['log', '--since', 'start']);
  const times = stdout
    .split('\n')
    .filter(Boolean)
    .map((line) => line.split(' ')[0]);
  assert.deepEqual(times, Array(3).fill('2026-12-01T08:50:59.000Z'));
  const nothing = await place.run(['emit', ...AGENT, '--received-at', '5']);
  assert.equal(nothing.code, 2);
  assert.match(nothing.stderr, /received_at must be a whole number of nanoseconds/);
});
