/** The client library as a program uses it: subscribe, over deaths of the daemon. */
import assert from 'node:assert/strict';
import { mkdirSync } from 'node:fs';
import { createServer } from 'node:net';
import { test } from 'node:test';
import { encodeFrame } from '@waitbus/kernel/frame';
import { emit, subscribe } from 'waitbus';
import { stream } from '../../cli/src/client/stream.js';
import { daemonPid } from '../cli/verbs.js';
import { Sandbox } from '../support/sandbox.js';
import { done } from './done-signal-code.js';

test('subscribe survives the death of the daemon, each event once and in order', async () => {
  await using box = new Sandbox();
  const { paths } = box;
  await emit(done(0), { paths });
  const seen: unknown[] = [];
  const events = subscribe({
    match: ['event_type="agent_finished"'],
    since: '0'.repeat(26),
    paths,
  });
  for await (const event of events) {
    const n = event.fields['n'] as number;
    seen.push(n);
    if (n === 9) break;
    // Every third event the daemon dies, with the next event stored or not yet.
    if (n % 3 === 0) {
      const pid = await daemonPid(box);
      if (n === 3) await emit(done(n + 1), { paths });
      process.kill(pid, 'SIGKILL');
    }
    if (n !== 3) await emit(done(n + 1), { paths });
  }
  assert.deepEqual(seen, [0, 1, 2, 3, 4, 5, 6, 7, 8, 9]);
});

test('events over the frame cap survive a daemon that dies before they are fetched', async () => {
  await using box = new Sandbox();
  const { paths } = box;
  const large = [1, 2, 3].map((n) => {
    const event = done(n);
    return { ...event, fields: { ...event.fields, text: 'x'.repeat(100_000) } };
  });
  await emit(large, { paths });
  const seen: unknown[] = [];
  const frames = stream({ since: '0'.repeat(26) }, { paths, autostart: false });
  for await (const frame of frames) {
    // Another program starts the next daemon, and not before this one has missed the last.
    if (frame.kind === 'disconnected') await emit(done(4), { paths });
    if (frame.kind !== 'event') continue;
    seen.push(frame.fields['n']);
    if (seen.length === 1) process.kill(await daemonPid(box), 'SIGKILL');
    if (seen.length === 4) break;
  }
  assert.deepEqual(seen, [1, 2, 3, 4]);
});

test('subscribe ends when its signal is aborted', async () => {
  await using box = new Sandbox();
  const { paths } = box;
  await emit([done(1), done(2)], { paths });
  const controller = new AbortController();
  const seen: unknown[] = [];
  for await (const event of subscribe({
    since: '0'.repeat(26),
    paths,
    signal: controller.signal,
  })) {
    seen.push(event.fields['n']);
    if (seen.length === 2) controller.abort();
  }
  assert.deepEqual(seen, [1, 2]);
});

test('two subscriptions of one process do not disturb each other', async () => {
  await using box = new Sandbox();
  const { paths } = box;
  await emit([done(1), done(2), done(3)], { paths });
  const take = async (match: string) => {
    for await (const event of subscribe({ match: [match], since: '0'.repeat(26), paths })) {
      return event.fields['n'];
    }
    return null;
  };
  assert.deepEqual(await Promise.all([take('fields.n=2'), take('fields.n>2')]), [2, 3]);
});

test('who was never served is told that the daemon has no room, also after a lost connection', async () => {
  await using box = new Sandbox();
  const { paths } = box;
  mkdirSync(paths.runtimeDir, { recursive: true, mode: 0o700 });
  let connections = 0;
  // The first connection is lost before the daemon could say why.
  const server = createServer({ allowHalfOpen: true }, (socket) => {
    connections += 1;
    if (connections === 1) socket.destroy();
    else
      socket
        .resume()
        .end(encodeFrame({ kind: 'error', code: 'WAITBUS_TOO_MANY_CLIENTS', message: 'full' }));
  });
  await new Promise<void>((resolve) => server.listen(paths.socket, resolve));
  try {
    const frames: string[] = [];
    await assert.rejects(
      async () => {
        for await (const frame of stream({}, { paths, autostart: false })) frames.push(frame.kind);
      },
      { code: 'WAITBUS_TOO_MANY_CLIENTS' },
    );
    assert.deepEqual([frames, connections], [['disconnected'], 2]);
  } finally {
    await new Promise((resolve) => server.close(resolve));
  }
});
