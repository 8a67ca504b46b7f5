/** A client in another language, written from the wire document alone. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { Sandbox } from '../support/sandbox.js';
import { WireClient, type Frame } from '../support/wire.js';

const CLIENT = fileURLToPath(new URL('../fixtures/independent_client.py', import.meta.url));

test('an independent client emits, replays and hears live events', async () => {
  await using box = new Sandbox();
  await box.daemon();
  const run = (...args: string[]) => box.start('python3', [CLIENT, box.paths.socket, ...args]);

  const live = run('subscribe', '100');
  await live.says(/subscribe_ack/);
  const emitted = await run('emit', '100').ended;
  assert.equal(emitted.code, 0, emitted.stderr);
  const ids = emitted.stdout.trim().split('\n');
  assert.equal(ids.length, 100);

  const [ack, ...events] = framesOf(await live.ended);
  assert.deepEqual([ack?.['proto'], ack?.['caught_up_at']], [1, null]);
  assert.deepEqual(events.map(idOf), ids);
  assert.deepEqual(events.map(numberOf), Array.from(ids.keys()));

  const [caughtUp, ...replayed] = framesOf(await run('subscribe', '40', ids[59] ?? '').ended);
  assert.equal(caughtUp?.['caught_up_at'], ids[99]);
  assert.deepEqual(replayed.map(idOf), ids.slice(60));
});

test('a client that asks for another protocol is told so before the connection ends', async () => {
  await using box = new Sandbox();
  await box.daemon();
  const client = await WireClient.open(box.paths.socket);
  const rejected = await client.request({ proto: 2 });
  assert.deepEqual([rejected['kind'], rejected['reason']], ['subscribe_rejected', 'version']);
  await client.closed;
});

function framesOf({
  code,
  stdout,
  stderr,
}: {
  code: number | null;
  stdout: string;
  stderr: string;
}): Frame[] {
  assert.equal(code, 0, stderr);
  return stdout
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line) as Frame);
}

function idOf({ event_id: id }: Frame): unknown {
  return id;
}

function numberOf({ fields }: Frame): unknown {
  return (fields as Frame)['number'];
}
