/** The clock of a running daemon is set: ids keep rising, received_at is honest, nothing is removed. */
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { FIRST_ULID, timeOf } from '@waitbus/kernel/ulid';
import { Sandbox } from '../support/sandbox.js';
import { WireClient, type Frame } from '../support/wire.js';

const HOUR = 60 * 60_000;
const DAY = 24 * HOUR;

/** The library that the faketime command preloads for programs with threads; null without it. */
function fakeClock(): string | null {
  const { status, stdout } = spawnSync(
    'faketime',
    ['-m', '-f', '+0d', 'sh', '-c', 'printf %s "$LD_PRELOAD"'],
    { encoding: 'utf8' },
  );
  return status === 0 && stdout !== '' ? stdout : null;
}

const library = fakeClock();

test(
  'a daemon whose clock is set ten years ahead, back, and behind orders and keeps its events',
  { skip: library === null ? 'faketime is not installed' : false },
  async () => {
    await using box = new Sandbox();
    const clock = join(box.directory, 'clock');
    const set = (hours: number) => writeFileSync(clock, `${hours < 0 ? '' : '+'}${hours}h`);
    set(-3);
    mkdirSync(box.paths.configDir);
    writeFileSync(join(box.paths.configDir, 'config.json'), '{"retention":{"maxAge":"1d"}}');
    const start = async () => {
      const daemon = box.waitbus(['daemon'], {
        env: {
          LD_PRELOAD: library ?? '',
          FAKETIME_TIMESTAMP_FILE: clock,
          FAKETIME_NO_CACHE: '1',
          FAKETIME_DONT_FAKE_MONOTONIC: '1',
        },
      });
      await daemon.says(/"msg":"serving"/);
      return daemon;
    };
    const first = await start();
    const subscriber = await WireClient.open(box.paths.socket);
    await subscriber.request({});
    const producer = await WireClient.open(box.paths.socket);
    const emit = async (n: number) =>
      producer.request({
        op: 'emit',
        events: [{ source: 'agent', event_type: 'agent_note', fields: { n } }],
      });
    const real = Date.now();
    const tenYears = 3650 * 24;
    const offsets = [-3, -2, -1, 0, tenYears, 0, -tenYears, 0];
    for (const [n, hours] of offsets.entries()) {
      set(hours);
      assert.equal((await emit(n))['kind'], 'emit_ack');
    }
    const events = await subscriber.count('event', offsets.length);
    assertOrdered(events);
    for (const [n, { received_at: at }] of events.entries()) {
      const off = Number(BigInt(at as number) / 1_000_000n) - real - (offsets[n] ?? 0) * HOUR;
      assert.ok(Math.abs(off) < HOUR, `event ${n} was received ${off} ms off`);
    }
    // The id of the first after the jump carries the time of the jump, and those after it follow.
    assert.ok(timeOf(String(events[5]?.['event_id'])) > real + 3000 * DAY);

    first.child.kill('SIGKILL');
    await first.ended;
    set(2 * tenYears);
    await start();
    const reader = await WireClient.open(box.paths.socket);
    const ack = await reader.request({ since: FIRST_ULID });
    assert.equal(ack['kind'], 'subscribe_ack');
    // The oldest minute may go at such a start: nothing else.
    assert.deepEqual(await reader.next(), {
      kind: 'gap',
      after: FIRST_ULID,
      floor: events[0]?.['event_id'],
    });
    assert.deepEqual(await reader.count('event', offsets.length - 1), events.slice(1));
    for (const client of [subscriber, producer, reader]) client.close();
  },
);

test(
  'a duration ago counts by the clock of the asker, and a set clock hides no new event from it',
  { skip: library === null ? 'faketime is not installed' : false },
  async () => {
    await using box = new Sandbox();
    await box.daemon();
    const at = (days: string, args: readonly string[]) =>
      box.waitbus(args, {
        env: { LD_PRELOAD: library ?? '', FAKETIME: days, FAKETIME_DONT_FAKE_MONOTONIC: '1' },
      }).ended;
    await box.run(['emit', '--source', 'agent', '--event-type', 'agent_note']);
    const lines = async (days: string) =>
      (await at(days, ['log', '--since', '10m', '--json'])).stdout.split('\n').length - 1;
    assert.equal(await lines('+0d'), 1);
    assert.equal(await lines('-400d'), 1);
    assert.equal(await lines('+400d'), 0);
  },
);

function assertOrdered(events: readonly Frame[]): void {
  const ids = events.map(({ event_id: id }) => String(id));
  assert.deepEqual(ids, [...ids].sort());
  assert.equal(new Set(ids).size, ids.length);
  assert.deepEqual(
    events.map(({ fields }) => (fields as Frame)['n']),
    events.map((_, n) => n),
  );
}
