/** 2,000 connections in one burst: none is refused, and each is served. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Sandbox } from '../support/sandbox.js';
import { WireClient } from '../support/wire.js';

const CONNECTIONS = 2000;

test('a burst of 2,000 connects is accepted, and every one of them is acknowledged', async (t) => {
  await using box = new Sandbox();
  await box.daemon();
  const began = performance.now();
  const clients = await Promise.all(
    Array.from({ length: CONNECTIONS }, () => WireClient.open(box.paths.socket)),
  );
  try {
    for (const client of clients) client.send({ op: 'subscribe', match: ['fields.n=1'] });
    const acks = await Promise.all(clients.map((client) => client.next()));
    t.diagnostic(`${CONNECTIONS} subscribed in ${Math.round(performance.now() - began)} ms`);
    assert.ok(acks.every(({ kind }) => kind === 'subscribe_ack'));
    const emitted = await box.run([
      'emit',
      '--source',
      'agent',
      '--event-type',
      'x',
      '--field',
      'n:=1',
    ]);
    assert.equal(emitted.code, 0, emitted.stderr);
    const events = await Promise.all(clients.map((client) => client.next()));
    assert.ok(events.every(({ kind }) => kind === 'event'));
  } finally {
    for (const client of clients) client.close();
  }
});
