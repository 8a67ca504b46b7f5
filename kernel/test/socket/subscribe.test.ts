/** The subscribe side of protocol 1, to the letter, and its additions. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { event, KernelBox } from '../../../test/support/kernel.js';
import { exchange, framed } from '../../../test/support/raw.js';
import { randomOf, seedOf } from '../../../test/support/property.js';
import type { Frame, WireClient } from '../../../test/support/wire.js';
import { FrameDecoder, parseFrame } from '../../src/socket/frame.js';
import { FIRST_ULID } from '../../src/store/ulid.js';

test('the acknowledgement has exactly the members of protocol 1', async () => {
  using box = await KernelBox.start();
  const live = await box.connect();
  assert.equal(
    JSON.stringify(await live.request({})),
    '{"kind":"subscribe_ack","proto":1,"caught_up_at":null,"heartbeat_sec":60,"max_frame_bytes":65536}',
  );
  const [head] = await box.kernel.publish([event()]);
  const replaying = await box.connect();
  assert.equal(
    JSON.stringify(await replaying.request({ proto: 1, since: FIRST_ULID })),
    `{"kind":"subscribe_ack","proto":1,"caught_up_at":"${head?.event_id}","heartbeat_sec":60,"max_frame_bytes":65536}`,
  );
});

test('an event has exactly the members of protocol 1, and received_at all its digits', async () => {
  using box = await KernelBox.start();
  const client = await box.subscribe();
  const [result] = await box.kernel.publish([
    event({
      owner: 'o',
      repo: 'r',
      delivery_id: 'd',
      summary: 's',
      received_at: 1_752_000_000_123_456_789n,
      fields: { status: 'x' },
      payload: { not: 'on the wire' },
    }),
  ]);
  assert.deepEqual(await client.next(), {
    kind: 'event',
    event_id: result?.event_id,
    event_type: 'agent_note',
    owner: 'o',
    repo: 'r',
    received_at: 1_752_000_000_123_456_789n,
    delivery_id: 'd',
    summary: 's',
    fields: {
      status: 'x',
      source: 'agent',
      event_type: 'agent_note',
      owner: 'o',
      repo: 'r',
      ingest_method: 'emit',
    },
  });
});

for (const proto of [0, 2, 1.5, '1', true, null, [1]]) {
  test(`proto ${JSON.stringify(proto)} is rejected with the version spoken, then EOF`, async () => {
    using box = await KernelBox.start();
    const { bytes, ended } = await exchange(
      box.paths.socket,
      framed(JSON.stringify({ proto, filters: 'bad too' })),
    );
    const [frame, ...rest] = framesOf(bytes);
    assert.equal(ended, 'eof');
    assert.deepEqual(rest, []);
    assert.equal(frame?.['kind'], 'subscribe_rejected');
    assert.equal(frame['reason'], 'version');
    assert.deepEqual(frame['supported'], [1]);
    assert.match(String(frame['remediation']), /\w/);
  });
}

const MALFORMED: readonly object[] = [
  { filters: 'owner/repo' },
  { filters: [1] },
  { filters: ['owner'] },
  { filters: ['*/repo'] },
  { filters: ['owner/repo/more'] },
  { filters: ['owner/re po'] },
  { filters: ['owner/*\n'] },
  { event_types: 'workflow_run' },
  { event_types: [null] },
  { since: 5 },
  { since: '' },
  { since: '01HZ' },
  { since: 'I'.repeat(26) },
  { since: `${FIRST_ULID}0` },
  { envelope: 'full' },
  { envelope: null },
  { match: 'fields.a=1' },
  { match: [1] },
  { any_of: ['fields.a=1'] },
  { sources: ['Not A Name'] },
  { cwd: 'relative' },
  { errors: 'yes' },
  { op: 'subscribe', filters: ['owner'] },
];

for (const request of MALFORMED) {
  test(`${JSON.stringify(request)} closes silently with a clean EOF`, async () => {
    using box = await KernelBox.start();
    const { bytes, ended } = await exchange(box.paths.socket, framed(JSON.stringify(request)));
    assert.deepEqual([bytes.length, ended], [0, 'eof']);
  });
}

test('a malformed subscribe ends with EOF, not with a reset, when more bytes follow it', async () => {
  using box = await KernelBox.start();
  const tail = Buffer.alloc(300_000, 'x');
  const { bytes, ended } = await exchange(
    box.paths.socket,
    Buffer.concat([framed('{"filters":[1]}'), tail]),
  );
  assert.deepEqual([bytes.length, ended], [0, 'eof']);
});

test('errors:true asks for an error frame in place of the silent close', async () => {
  using box = await KernelBox.start();
  const client = await box.connect();
  const error = await client.request({ filters: ['owner'], errors: true });
  assert.equal(error['kind'], 'error');
  assert.equal(error['code'], 'WAITBUS_BAD_REQUEST');
  assert.match(String(error['message']), /filters: "owner"/);
  const cursor = await box.connect();
  assert.equal((await cursor.request({ since: 'x', errors: true }))['code'], 'WAITBUS_BAD_CURSOR');
});

test('a bad predicate is rejected with the spec quoted, then EOF', async () => {
  using box = await KernelBox.start();
  for (const request of [
    { match: ['fields.a=oops'] },
    { any_of: [['fields.b=1'], ['fields.a=oops']] },
  ]) {
    const { bytes, ended } = await exchange(box.paths.socket, framed(JSON.stringify(request)));
    const [frame] = framesOf(bytes);
    assert.equal(ended, 'eof');
    assert.deepEqual([frame?.['kind'], frame?.['reason']], ['subscribe_rejected', 'predicate']);
    assert.match(String(frame?.['message']), /'fields\.a=oops'/);
    assert.match(String(frame?.['remediation']), /\w/);
  }
});

test('64 predicates in all are taken and 65 are not', async () => {
  using box = await KernelBox.start();
  const specs = (count: number) => Array.from({ length: count }, () => 'fields.a=1');
  await box.subscribe({ match: specs(32), any_of: [specs(16), specs(16)] });
  const client = await box.connect();
  const rejected = await client.request({ match: specs(32), any_of: [specs(16), specs(17)] });
  assert.deepEqual([rejected['kind'], rejected['reason']], ['subscribe_rejected', 'predicate']);
});

test('an unknown source is rejected with its name, and its interest is not begun', async () => {
  using box = await KernelBox.start();
  const { WaitbusError } = await import('@waitbus/plugin-sdk/envelope');
  box.kernel.onInterest({
    checkSource: () => undefined,
    interest: () => {
      throw new WaitbusError('WAITBUS_UNKNOWN_SOURCE', 'source nope is not installed');
    },
  });
  const client = await box.connect();
  const rejected = await client.request({ sources: ['nope'] });
  await client.closed;
  assert.deepEqual([rejected['kind'], rejected['reason']], ['subscribe_rejected', 'source']);
  assert.match(String(rejected['message']), /nope/);
});

test('interest begins after the acknowledgement and is released once when the client goes', async () => {
  using box = await KernelBox.start();
  const story: string[] = [];
  let released: () => void = () => undefined;
  const gone = new Promise<void>((resolve) => (released = resolve));
  box.kernel.onInterest({
    checkSource: () => undefined,
    interest: (asked) => ({
      scopes: new Map(),
      begin: () => {
        story.push(`begin ${asked.sources.join()} in ${asked.cwd}`);
        asked.tell({
          kind: 'source_state',
          source: 'fs',
          state: 'running',
          detail: '',
          remedy: '',
        });
      },
      release: () => {
        story.push('release');
        released();
      },
    }),
  });
  const client = await box.subscribe({ sources: ['fs'], cwd: '/work' });
  assert.deepEqual(await client.next(), {
    kind: 'source_state',
    source: 'fs',
    state: 'running',
    detail: '',
    remedy: '',
  });
  client.close();
  await gone;
  assert.deepEqual(story, ['begin fs in /work', 'release']);
});

test('filters, event types, sources and predicates narrow together', async () => {
  using box = await KernelBox.start();
  const published = [
    event({ owner: 'a', repo: 'x', summary: '1', fields: { n: 1 } }),
    event({ owner: 'a', repo: 'y', summary: '2', fields: { n: 2 } }),
    event({ owner: 'b', repo: 'x', summary: '3', event_type: 'other', fields: { n: 3 } }),
    event({ source: 'ci', owner: 'b', repo: 'y', summary: '4', fields: { n: 4 } }),
  ];
  const requests: readonly (readonly [request: object, expected: string])[] = [
    [{}, '1234'],
    [{ filters: [], event_types: [], sources: [] }, '1234'],
    [{ filters: ['*'] }, '1234'],
    [{ filters: ['a/*'] }, '12'],
    [{ filters: ['a/x', 'b/y'] }, '14'],
    [{ filters: ['a/x', '*'] }, '1234'],
    [{ event_types: ['other', 'none'] }, '3'],
    [{ sources: ['ci'] }, '4'],
    [{ match: ['fields.n>1', 'fields.n<4'] }, '23'],
    [{ match: ['fields.n=1', 'fields.n=4'] }, '14'],
    [{ any_of: [['fields.n=1'], ['fields.n=2', 'repo="y"']] }, '12'],
    [{ any_of: [['fields.n=1'], []] }, '1234'],
    [
      {
        match: ['fields.n!=1'],
        any_of: [['fields.repo="x"'], ['fields.source="ci"']],
        filters: ['b/*'],
      },
      '34',
    ],
  ];
  const live = await Promise.all(requests.map(([request]) => box.subscribe(request)));
  await box.kernel.publish(published);
  const replayed = await Promise.all(
    requests.map(([request]) => box.subscribe({ ...request, since: FIRST_ULID })),
  );
  await box.kernel.publish([event({ source: 'end', owner: 'end', event_type: 'end' })]);
  await box.kernel.publish(requests.map(([, expected]) => event({ summary: expected })));
  for (const [index, [request, expected]] of requests.entries()) {
    for (const clients of [live, replayed]) {
      const client = clients[index];
      assert.ok(client);
      if (expected !== '') await client.count('event', expected.length);
      const numbers = client.frames.filter(
        ({ kind, summary }) => kind === 'event' && /^[1-4]$/.test(String(summary)),
      );
      assert.equal(
        numbers.map(({ summary }) => summary).join(''),
        expected,
        JSON.stringify(request),
      );
    }
  }
});

test('replay is everything after the cursor up to caught_up_at, then live follows', async () => {
  using box = await KernelBox.start();
  const results = await box.kernel.publish(
    Array.from({ length: 1000 }, (_, n) => event({ fields: { n } })),
  );
  const client = await box.connect();
  const ack = await client.request({ since: results[399]?.event_id.toLowerCase() });
  assert.equal(ack['caught_up_at'], results[999]?.event_id);
  await box.kernel.publish([event({ fields: { n: 1000 } })]);
  const events = await client.count('event', 601);
  assert.deepEqual(
    events.map(numberOf),
    Array.from({ length: 601 }, (_, index) => 400 + index),
  );
});

test('a cursor at the head replays nothing and is live', async () => {
  using box = await KernelBox.start();
  const [head] = await box.kernel.publish([event()]);
  const client = await box.subscribe({ since: head?.event_id });
  const [next] = await box.kernel.publish([event()]);
  assert.equal((await client.next())['event_id'], next?.event_id);
});

test('an event emitted after the acknowledgement is delivered, whoever emits it', async (t) => {
  using box = await KernelBox.start();
  const random = randomOf(seedOf(t));
  const producer = await box.connect();
  for (let round = 0; round < 50; round += 1) {
    const since = random(2) === 0 ? { since: FIRST_ULID } : {};
    const client = await box.subscribe({ match: [`fields.round=${round}`], ...since });
    producer.send({ op: 'emit', events: [event({ fields: { round } })] });
    assert.equal((await client.next())['kind'], 'event');
    client.close();
  }
});

test('a subscriber of everything also gets its own emits, each event before its acknowledgement', async () => {
  using box = await KernelBox.start();
  const client = await box.subscribe({ op: 'subscribe' });
  client.send({ op: 'emit', id: 1, events: [event()] });
  assert.deepEqual(
    [(await client.next())['kind'], (await client.next())['kind']],
    ['event', 'emit_ack'],
  );
});

test('with op the acknowledgement also tells the head, to resume from', async () => {
  using box = await KernelBox.start();
  const [head] = await box.kernel.publish([event()]);
  const client = await box.connect();
  assert.equal((await client.request({ op: 'subscribe' }))['head'], head?.event_id);
});

test('with op and a cursor the end of the replay is told, also when nothing in it matches', async () => {
  using box = await KernelBox.start();
  const [result] = await box.kernel.publish([event()]);
  const client = await box.connect();
  client.send({ op: 'subscribe', since: FIRST_ULID, match: ['fields.none=1'] });
  assert.equal((await client.next())['kind'], 'subscribe_ack');
  assert.deepEqual(await client.next(), { kind: 'caught_up', head: result?.event_id });
});

test('a cursor older than what retention kept gets one gap, then all that is left', async () => {
  let now = 1_752_000_000_000;
  using box = await KernelBox.start({ now: () => now, retention: { maxAgeMs: 1000 } });
  const old = await box.kernel.publish([event(), event(), event()]);
  now += 5000;
  const kept = await box.kernel.publish([event()]);
  await box.restart();
  const client = await box.subscribe({ since: old[0]?.event_id });
  const gap = await client.next();
  assert.deepEqual(gap, { kind: 'gap', after: old[0]?.event_id, floor: old[2]?.event_id });
  assert.equal((await client.next())['event_id'], kept[0]?.event_id);
  const exact = await box.subscribe({ since: old[2]?.event_id });
  assert.equal((await exact.next())['event_id'], kept[0]?.event_id);
});

test('an event over the cap comes as truncated, live and replayed, and get has it whole', async () => {
  using box = await KernelBox.start();
  const live = await box.subscribe();
  const fields = { pad: 'x'.repeat(70_000), msg_correlation_id: 'c' };
  const [result] = await box.kernel.publish([event({ fields })]);
  const replayed = await box.subscribe({ since: FIRST_ULID });
  const expected = {
    kind: 'truncated',
    event_id: result?.event_id,
    reason: 'frame_too_large',
    max_frame_bytes: 65_536,
    correlation_id: 'c',
  };
  assert.deepEqual(await live.next(), expected);
  assert.deepEqual(await replayed.next(), expected);
  const asking = await box.connect();
  const full = await asking.request({ op: 'get', event_id: result?.event_id });
  assert.equal(((full['event'] as Frame)['fields'] as Frame)['pad'], fields.pad);
});

test('a second subscribe on one connection is an error and the first goes on', async () => {
  using box = await KernelBox.start();
  const client = await box.subscribe();
  assert.equal((await client.request({ op: 'subscribe', id: 9 }))['code'], 'WAITBUS_BAD_REQUEST');
  await box.kernel.publish([event()]);
  assert.equal((await client.next())['kind'], 'event');
});

test('heartbeats come to all, with the time and the uptime', async () => {
  using box = await KernelBox.start({ heartbeatSec: 0.02 });
  const clients: WireClient[] = [
    await box.subscribe(),
    await box.subscribe({ match: ['fields.a=1'] }),
  ];
  for (const client of clients) {
    const [beat = {}] = await client.count('daemon_heartbeat', 1);
    assert.deepEqual(Object.keys(beat), ['kind', 'ts', 'uptime_sec']);
    assert.ok(!Number.isNaN(Date.parse(String(beat['ts']))));
    assert.ok(Number.isInteger(beat['uptime_sec']));
  }
});

function framesOf(bytes: Buffer): Frame[] {
  return [...new FrameDecoder(65_536).push(bytes)].map((body) => parseFrame(body));
}

function numberOf(frame: Frame): unknown {
  return (frame['fields'] as Frame)['n'];
}
