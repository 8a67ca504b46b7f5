/** The channel between host and source over a real pipe. */
import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { connect, createServer, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { FramedChannel, MAX_MESSAGE_BYTES } from '@waitbus/plugin-sdk/channel';
import { Checks } from '../../test/support/checks.js';

/** One end, and what it heard. */
class End {
  readonly messages: Record<string, unknown>[] = [];
  readonly channel: FramedChannel;
  broken: string | null = null;
  closed = false;
  readonly #checks = new Checks();

  constructor(
    readonly socket: Socket,
    options: { maxBacklogBytes?: number } = {},
  ) {
    const tell = () => {
      this.#checks.changed();
    };
    this.channel = new FramedChannel(
      socket,
      {
        onMessage: (message) => {
          this.messages.push(message);
          tell();
        },
        onBroken: (reason) => {
          this.broken = reason;
          tell();
        },
        onClose: () => {
          this.closed = true;
          tell();
        },
      },
      options,
    );
  }

  until(holds: () => boolean): Promise<void> {
    return this.#checks.until(holds);
  }
}

async function pair(options: { maxBacklogBytes?: number } = {}) {
  const directory = mkdtempSync(join(tmpdir(), 'waitbus-channel-'));
  const path = join(directory, 'pipe');
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(path, resolve));
  const accepted = new Promise<Socket>((resolve) => server.once('connection', resolve));
  const one = new End(connect(path), options);
  const other = new End(await accepted);
  return {
    one,
    other,
    [Symbol.dispose]: () => {
      one.socket.destroy();
      other.socket.destroy();
      server.close();
      rmSync(directory, { recursive: true, force: true });
    },
  };
}

test('messages arrive in order, with their 64-bit integers whole', async () => {
  using pipe = await pair();
  for (let at = 0; at < 1000; at += 1) pipe.one.channel.send({ at, big: 2n ** 63n - 1n });
  await pipe.other.until(() => pipe.other.messages.length === 1000);
  assert.deepEqual(pipe.other.messages[999], { at: 999, big: 2n ** 63n - 1n });
});

test('a message that is too large is refused where it is sent, and harms nothing', async () => {
  using pipe = await pair();
  assert.throws(() => pipe.one.channel.send({ text: 'x'.repeat(MAX_MESSAGE_BYTES) }), {
    code: 'WAITBUS_BAD_EVENT',
  });
  pipe.one.channel.send({ text: 'small' });
  await pipe.other.until(() => pipe.other.messages.length === 1);
});

for (const [what, bytes] of [
  ['a length over the cap', Buffer.from([0x7f, 0xff, 0xff, 0xff])],
  ['a length of zero', Buffer.from([0, 0, 0, 0])],
  ['what is not JSON', Buffer.from('\0\0\0\u0003abc')],
  ['what is not an object', Buffer.from('\0\0\0\u000212')],
  ['what is not UTF-8', Buffer.from([0, 0, 0, 4, 0x22, 0xff, 0xfe, 0x22])],
] as const) {
  test(`${what} breaks the channel once, and nothing is read after it`, async () => {
    using pipe = await pair();
    pipe.one.socket.write(bytes);
    pipe.one.channel.send({ after: true });
    await pipe.other.until(() => pipe.other.broken !== null);
    pipe.one.channel.end(() => undefined);
    await pipe.other.until(() => pipe.other.closed);
    assert.deepEqual(pipe.other.messages, []);
  });
}

test('what was sent before an end arrives before it', async () => {
  using pipe = await pair();
  pipe.one.channel.send({ last: 'word' });
  pipe.one.channel.end(() => undefined);
  await pipe.other.until(() => pipe.other.closed);
  assert.deepEqual(pipe.other.messages, [{ last: 'word' }]);
});

test('while it is held nothing is heard, and then all of it', async () => {
  using pipe = await pair();
  pipe.other.channel.hold();
  for (let at = 0; at < 100; at += 1) pipe.one.channel.send({ at });
  await new Promise<void>((resolve) => pipe.one.socket.write('', () => resolve()));
  assert.equal(pipe.other.messages.length, 0);
  pipe.other.channel.release();
  await pipe.other.until(() => pipe.other.messages.length === 100);
});

test('who does not read is not read from, until it reads', async () => {
  using pipe = await pair({ maxBacklogBytes: 1000 });
  pipe.other.channel.hold();
  while (pipe.one.socket.writableLength <= 1000) {
    pipe.one.channel.send({ text: 'x'.repeat(100_000) });
    await new Promise(setImmediate);
  }
  pipe.other.channel.send({ unheard: true });
  await new Promise<void>((resolve) => pipe.other.socket.write('', () => resolve()));
  await new Promise(setImmediate);
  assert.deepEqual(pipe.one.messages, []);
  pipe.other.channel.release();
  await pipe.one.until(() => pipe.one.messages.length === 1);
});
