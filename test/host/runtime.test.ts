/** What a source may do to the daemon that runs it, each case against a real process. */
import assert from 'node:assert/strict';
import { existsSync, mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { JsonText } from '@waitbus/plugin-sdk/envelope';
import { programOnPath } from '../../cli/src/host/programs.js';
import type { Patience } from '../../cli/src/host/supervision.js';
import { Place } from '../support/kernel.js';
import { HASTY, Stage } from './broken-sources.js';

/** Given up at the first failure. */
const ONCE: Patience = { ...HASTY, backoff: () => null };
const WATCHFUL: Patience = { ...ONCE, heartbeat: { everyMs: 20, deadlineMs: 1000 } };
const withPrlimit = programOnPath('prlimit', process.env['PATH'] ?? '') !== null;

async function failure(stage: Stage): Promise<string> {
  stage.supervisor.want([]);
  const { detail } = await stage.state('failed');
  await stage.gone();
  return detail;
}

test('throws on import: given up after five tries', async () => {
  await using stage = new Stage('throws-on-import');
  assert.match(await failure(stage), /thrown on import; given up after 5 failures/);
  assert.equal(stage.starts, 5);
});

test('never ready: ended at its deadline', async () => {
  const deadlinesMs = { ...ONCE.deadlinesMs, ready: 300 };
  await using stage = new Stage('never-ready', { ...ONCE, deadlinesMs });
  assert.match(await failure(stage), /ready took over 0\.3 s/);
});

test('infinite loop: it stops answering, is killed and started again', async () => {
  const patience = { ...WATCHFUL, backoff: (failures: number) => (failures >= 2 ? null : 1) };
  await using stage = new Stage('loops', patience);
  assert.match(await failure(stage), /it stopped answering for 1 s; given up after 2 failures/);
  assert.equal(stage.starts, 2);
  assert.equal(stage.supervisor.vitals.restarts, 1);
});

test('a source whose loop turns is left alone, however often it is asked', async () => {
  await using stage = new Stage('good', {
    ...WATCHFUL,
    heartbeat: { everyMs: 1, deadlineMs: 5000 },
  });
  stage.supervisor.want([]);
  await stage.state('running');
  await stage.until(() => stage.events.length > 0);
  const before = stage.conditions.length;
  // Its answers come back in between.
  for (let at = 0; at < 100; at += 1) await new Promise(setImmediate);
  assert.equal(stage.conditions.length, before);
});

test('heap bomb: ended by its heap cap, and that is said', async () => {
  await using stage = new Stage('heap-bomb', ONCE);
  assert.match(await failure(stage), /FATAL ERROR: .*heap/);
});

test('Buffer bomb: ended by the cap on its data', { skip: !withPrlimit }, async () => {
  await using stage = new Stage('buffer-bomb', ONCE);
  assert.match(await failure(stage), /allocation failed|allocate memory|out of memory/i);
});

test('Buffer bomb: without prlimit, ended when its resident memory is seen', async () => {
  using place = new Place();
  // Its answers come late: taking memory is slow on a machine that has to find it first.
  const heartbeat = { everyMs: 20, deadlineMs: 120_000 };
  const patience = { ...WATCHFUL, heartbeat, maxResidentBytes: 200 * 1024 * 1024 };
  await using stage = new Stage('buffer-bomb', patience, { PATH: place.directory });
  assert.match(await failure(stage), /it takes \d+ MiB of memory, over 200/);
});

test('IPC flood: ended, and the reason is said', async () => {
  await using stage = new Stage('floods-channel', ONCE);
  assert.match(await failure(stage), /it floods its channel/);
});

test('IPC flood: a source that waits for no acknowledgement is ended', async () => {
  await using stage = new Stage('ignores-backpressure', ONCE);
  assert.match(await failure(stage), /it has more than 32 events unacknowledged/);
  assert.ok(stage.events.length <= 32, String(stage.events.length));
});

test('oversized message: ended before it is read', async () => {
  await using stage = new Stage('oversized', ONCE);
  assert.match(await failure(stage), /no message of the contract: a frame of 2147483647 bytes/);
});

test('the largest event that there may be passes; a larger one is refused in the source', async () => {
  await using stage = new Stage('large-events', ONCE);
  stage.supervisor.want([]);
  await stage.until(
    () => stage.events.length === 4 || stage.supervisor.condition.state === 'failed',
  );
  assert.deepEqual(
    stage.events
      .slice(0, 3)
      // Large ones stay the bytes that came.
      .map(({ fields, payload }) => [fields?.['at'], bytesOf(payload)]),
    [1, 2n ** 60n, 3].map((at) => [at, 10 * 1024 * 1024]),
  );
  assert.match(
    JSON.stringify(stage.events[3]?.fields?.['refused']),
    /bytes are more than the \d+ of one message/,
  );
  assert.equal(stage.starts, 1);
});

const bytesOf = (payload: unknown) => (payload instanceof JsonText ? payload.bytes.length : null);

for (const message of [
  '{"type":"log","level":"info","message":"x","details":{},"__proto__":{"polluted":1}}',
  '{"type":"log","level":"info","message":"x","details":{"__proto__":{"polluted":1}}}',
  '{"type":"emit","id":1,"event":{"event_type":"declared","__proto__":{"polluted":1}}}',
]) {
  test(`prototype-polluting message: ended, nothing is polluted: ${message}`, async () => {
    await using stage = new Stage('speaks-garbage', ONCE, { GARBAGE: message });
    assert.match(await failure(stage), /no message of the contract/);
    assert.equal(({} as { polluted?: number }).polluted, undefined);
    assert.equal(stage.events.length, 0);
  });
}

test('prototype-polluting message: within fields it is a member like any other', async () => {
  const event = '{"event_type":"declared","fields":{"__proto__":{"polluted":1}}}';
  const message = `{"type":"emit","id":1,"event":${event}}`;
  await using stage = new Stage('speaks-garbage', ONCE, { GARBAGE: message });
  stage.supervisor.want([]);
  await stage.until(() => stage.events.length === 1);
  assert.deepEqual(Object.keys(stage.events[0]?.fields ?? {}), ['__proto__']);
  assert.equal(({} as { polluted?: number }).polluted, undefined);
});

test('crash loop: given up after five tries, each after a pause', async () => {
  await using stage = new Stage('crashes');
  assert.match(await failure(stage), /crashed while it ran; given up after 5 failures/);
  assert.equal(stage.starts, 5);
  assert.equal(stage.supervisor.vitals.restarts, 4);
});

test('ignores SIGTERM: killed after the grace period', async () => {
  await using stage = new Stage('ignores-sigterm');
  stage.supervisor.want([]);
  await stage.state('running');
  stage.supervisor.stop();
  await stage.gone();
  assert.equal(stage.supervisor.condition.state, 'stopped');
});

test('log flood: a few of its lines are logged, the rest is counted, and it runs on', async () => {
  await using stage = new Stage('floods-log', ONCE);
  stage.supervisor.want([]);
  await stage.until(() => stage.events.length === 1);
  const lines = stage.logged.filter(({ message }) => message.startsWith('line '));
  assert.ok(lines.length >= 200 && lines.length < 1000, String(lines.length));
  stage.supervisor.stop();
  await stage.gone();
  assert.ok(leftOut(stage) >= 4000, String(leftOut(stage)));
});

test('output flood: a few of its lines are logged, one without end is cut, and it runs on', async () => {
  await using stage = new Stage('floods-output', ONCE);
  stage.supervisor.want([]);
  await stage.until(() => stage.events.length === 1);
  stage.supervisor.stop();
  await stage.gone();
  const lines = stage.logged.filter(({ message }) => message === 'output of a source');
  assert.ok(lines.length >= 200 && lines.length < 1000, String(lines.length));
  for (const { details } of lines) assert.ok(JSON.stringify(details).length < 5000);
  assert.ok(leftOut(stage) >= 4000, String(leftOut(stage)));
});

function leftOut(stage: Stage): number {
  const counts = stage.logged.map(({ details }) => (details as { leftOut?: number }).leftOut ?? 0);
  return counts.reduce((sum, count) => sum + count, 0);
}

/** What a source got that tried everything. */
async function tried(home: string, fsRead: readonly string[]): Promise<Record<string, unknown>> {
  writeFileSync(join(home, 'events.db'), 'the store');
  mkdirSync(join(home, 'granted'));
  writeFileSync(join(home, 'granted', 'file'), 'what it may read');
  const env = { HOME: home, SECRET_TOKEN: 'x' };
  await using stage = new Stage('tries', ONCE, env, { capabilities: { fsRead } });
  stage.supervisor.want([]);
  await stage.until(() => stage.events.length === 1);
  return stage.events[0]?.fields ?? {};
}

test('tries to read the store, to write, to spawn, to read an undeclared variable: nothing of it works', async () => {
  using place = new Place();
  const got = await tried(place.directory, ['~/granted']);
  assert.deepEqual(got, {
    store: 'ERR_ACCESS_DENIED',
    granted: 'what it may read',
    write: 'ERR_ACCESS_DENIED',
    own: 'undefined',
    spawn: 'ERR_ACCESS_DENIED',
    worker: 'ERR_ACCESS_DENIED',
    variable: 'undefined',
    environment: 'ERR_ACCESS_DENIED',
  });
  assert.equal(existsSync(place.path('written')), false);
});

test('what a source declares it may read, it may, and no more', async () => {
  using place = new Place();
  const got = await tried(place.directory, ['*']);
  assert.equal(got['store'], 'the store');
  assert.equal(got['write'], 'ERR_ACCESS_DENIED');
});

test('a state directory behind a symbolic link is the source’s own all the same', async () => {
  const directory = mkdtempSync(join(tmpdir(), 'waitbus-link-'));
  try {
    mkdirSync(join(directory, 'there'));
    symlinkSync(join(directory, 'there'), join(directory, 'state'));
    await using stage = new Stage(
      'tries',
      ONCE,
      { HOME: directory },
      { stateDir: join(directory, 'state') },
    );
    stage.supervisor.want([]);
    await stage.until(() => stage.events.length === 1);
    assert.equal(stage.events[0]?.fields?.['own'], 'undefined');
  } finally {
    rmSync(directory, { recursive: true, force: true });
  }
});
