/** hold, release and holds over the socket: grants, ends, wills, and a daemon that comes again. */
import assert from 'node:assert/strict';
import { existsSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { test } from 'node:test';
import Database from 'better-sqlite3';
import { event, KernelBox } from '../../../test/support/kernel.js';
import type { Frame } from '../../../test/support/wire.js';

const hold = (token: string, members: object = {}) => ({
  op: 'hold',
  id: token,
  token,
  key: '/a',
  granted: event({ event_type: 'granted', fields: { token } }),
  will: event({ event_type: 'ended', delivery_id: `end-${token}`, fields: { token } }),
  data: { who: token },
  ...members,
});

const told = (frame: Frame) => {
  const { token } = frame['fields'] as { token: string };
  return `${String(frame['event_type'])} ${token}`;
};

test('a second one is refused and told who holds it; release frees it, without the will', async () => {
  using box = await KernelBox.start({ now: () => 1000 });
  const log = await box.subscribe();
  const [a, b] = [await box.connect(), await box.connect()];
  const held = await a.request(hold('a'));
  assert.equal(held['kind'], 'held');
  assert.equal(held['since'], 1000);
  const [first] = await log.count('event', 1);
  assert.equal(first?.['event_id'], held['event_id']);
  const state = { token: 'a', key: '/a', since: 1000, state: 'held', data: { who: 'a' } };
  assert.deepEqual(await b.request(hold('b', { key: '/a/b' })), {
    kind: 'hold_refused',
    id: 'b',
    lost: false,
    blockers: [state],
  });
  assert.deepEqual((await b.request({ op: 'holds', id: 1 }))['holds'], [state]);
  const event1 = event({ event_type: 'let_go', fields: { token: 'a' } });
  assert.deepEqual(await a.request({ op: 'release', id: 2, token: 'a', event: event1 }), {
    kind: 'released',
    id: 2,
    released: true,
  });
  assert.equal((await b.request(hold('b', { key: '/a/b' })))['kind'], 'held');
  assert.deepEqual((await log.count('event', 3)).map(told), ['granted a', 'let_go a', 'granted b']);
  assert.equal((await a.request({ op: 'release', id: 3, token: 'a' }))['released'], false);
});

test('who waits holds once the holder is gone, after its will; who left the queue does not', async () => {
  using box = await KernelBox.start();
  const log = await box.subscribe();
  const [a, b, c, d] = await Promise.all(Array.from({ length: 4 }, () => box.connect()));
  assert.ok(a && b && c && d);
  await a.request(hold('a'));
  b.send(hold('b', { wait: true }));
  c.send(hold('c', { wait: true }));
  const waiting = async (wanted: number) => {
    for (;;) {
      const { holds } = (await d.request({ op: 'holds' })) as unknown as { holds: unknown[] };
      if (holds.length === wanted) return;
    }
  };
  await waiting(3);
  b.close();
  await waiting(2);
  a.close();
  const granted = await c.next();
  assert.equal(granted['kind'], 'held');
  assert.deepEqual((await log.count('event', 3)).map(told), ['granted a', 'ended a', 'granted c']);
});

test('a hold that another releases is told to its owner', async () => {
  using box = await KernelBox.start();
  const [a, b] = [await box.connect(), await box.connect()];
  await a.request(hold('a'));
  await b.request({ op: 'release', token: 'a' });
  assert.deepEqual(await a.next(), { kind: 'hold_lost', token: 'a' });
});

test('a token in use and malformed members are errors, and hold nothing', async () => {
  using box = await KernelBox.start();
  const [a, b] = [await box.connect(), await box.connect()];
  await a.request(hold('a'));
  const wrong: readonly (readonly [object, string])[] = [
    [hold('a'), 'WAITBUS_BAD_REQUEST'],
    [hold('b', { key: '' }), 'WAITBUS_BAD_REQUEST'],
    [hold('b', { key: 'x'.repeat(4097) }), 'WAITBUS_BAD_REQUEST'],
    [hold('b', { token: 5 }), 'WAITBUS_BAD_REQUEST'],
    [hold('b', { wait: 'yes' }), 'WAITBUS_BAD_REQUEST'],
    [hold('b', { data: [] }), 'WAITBUS_BAD_REQUEST'],
    [hold('b', { data: { long: 'x'.repeat(4096) } }), 'WAITBUS_BAD_REQUEST'],
    [hold('b', { will: { source: 5 } }), 'WAITBUS_BAD_EVENT'],
    [hold('b', { granted: 'x' }), 'WAITBUS_BAD_EVENT'],
  ];
  for (const [request, code] of wrong) {
    assert.equal((await b.request(request))['code'], code, JSON.stringify(request).slice(0, 200));
  }
  assert.equal(((await b.request({ op: 'holds' }))['holds'] as unknown[]).length, 1);
});

test('after a restart a hold stands for its owner, who takes it up again under its token', async () => {
  using box = await KernelBox.start();
  const a = await box.connect();
  const since = (await a.request(hold('a')))['since'];
  await box.restart();
  const [again, b] = [await box.connect(), await box.connect()];
  const refused = await b.request(hold('b'));
  assert.equal((refused['blockers'] as Frame[])[0]?.['state'], 'orphaned');
  const back = await again.request(hold('a', { resume: true }));
  assert.deepEqual([back['kind'], back['since'], back['event_id']], ['held', since, null]);
  const log = await box.subscribe();
  again.close();
  assert.deepEqual((await log.count('event', 1)).map(told), ['ended a']);
});

test('who was not answered before a restart asks anew under its token, and holds', async () => {
  using box = await KernelBox.start();
  const since = (await (await box.connect()).request(hold('a')))['since'];
  await box.restart();
  const anew = await (await box.connect()).request(hold('a', { wait: true }));
  assert.deepEqual([anew['kind'], anew['since']], ['held', since]);
  assert.equal(typeof anew['event_id'], 'string');
});

test('an owner that does not come back after a restart has let go: its will is published', async () => {
  using box = await KernelBox.start();
  const a = await box.connect();
  await a.request(hold('a'));
  await box.restart();
  const [b, late] = [await box.connect(), await box.connect()];
  const log = await box.subscribe();
  assert.equal((await b.request(hold('b', { wait: true })))['kind'], 'held');
  assert.deepEqual((await log.count('event', 2)).map(told), ['ended a', 'granted b']);
  const refused = await late.request(hold('a', { resume: true }));
  assert.deepEqual([refused['kind'], refused['lost']], ['hold_refused', true]);
});

/** What a daemon before the table left. */
const HOLDS_FILE = {
  version: 1,
  holds: [{ token: 'a', key: 'k', since: 5, will: null, data: 'from before' }],
};

test('what an older daemon kept in a file is held for its owner, and the file is gone', async () => {
  using box = await KernelBox.start();
  const file = join(dirname(box.paths.store), 'holds.json');
  box.kernel.close();
  writeFileSync(file, JSON.stringify(HOLDS_FILE));
  box.kernel = box.open();
  await box.kernel.listen();
  assert.equal(existsSync(file), false);
  await box.restart();
  const { holds } = await (await box.connect()).request({ op: 'holds' });
  const [{ key, since, state, data }] = holds as [Record<string, unknown>];
  assert.deepEqual([key, since, state, data], ['k', 5, 'orphaned', 'from before']);
});

test('a damaged list of what was held is left out; the daemon serves', async () => {
  using box = await KernelBox.start();
  const file = join(dirname(box.paths.store), 'holds.json');
  box.kernel.close();
  writeFileSync(file, JSON.stringify(HOLDS_FILE).slice(0, 40));
  box.kernel = box.open();
  await box.kernel.listen();
  assert.equal((await (await box.connect()).request(hold('b')))['kind'], 'held');
  assert.ok(existsSync(`${file}.damaged`));
});

test('what cannot be kept is not granted, and is free for the next', async () => {
  using box = await KernelBox.start();
  const change = async (sql: string) => {
    box.kernel.close();
    const db = new Database(box.paths.store);
    db.exec(sql);
    db.close();
    box.kernel = box.open();
    await box.kernel.listen();
    return box.connect();
  };
  const client = await change(
    `CREATE TRIGGER refuse BEFORE INSERT ON holds BEGIN SELECT RAISE(ABORT, 'no'); END`,
  );
  assert.equal((await client.request(hold('a')))['code'], 'WAITBUS_STORE_FAILED');
  assert.deepEqual((await client.request({ op: 'holds' }))['holds'], []);
  const later = await change('DROP TRIGGER refuse');
  assert.equal((await later.request(hold('a')))['kind'], 'held');
});
