/** Two Alertmanagers that tell of the same alert, each in its own time. */
import assert from 'node:assert/strict';
import { test, type TestContext } from 'node:test';
import { alert, Machine, notification, resolved, startSource, START } from './harness.js';

const END = '2026-03-01T10:05:00.000Z';

async function pair(t: TestContext) {
  const machine = new Machine(t);
  const run = await startSource(t, machine);
  const tells = (url: string) => async (what: object) => {
    const body = { ...notification(what), externalURL: url };
    assert.equal((await run.post('/alertmanager', body)).status, 200);
  };
  return { machine, a: tells('http://a:9093'), b: tells('http://b:9093') };
}

const later = (seconds: number) => new Date(Date.parse(START) + seconds * 1000).toISOString();

test('a replica that fires late, after the other told of the end, makes no event', async (t) => {
  const { machine, a, b } = await pair(t);
  await a(alert('Late'));
  await a(resolved('Late', END));
  await b(alert('Late'));
  await b(resolved('Late', END));
  assert.deepEqual(machine.story, ['Late firing', 'Late resolved']);
  await a(alert('Late'));
  assert.deepEqual(machine.story, ['Late firing', 'Late resolved', 'Late firing']);
});

test('replicas that saw it begin at different times tell of one firing', async (t) => {
  const { machine, a, b } = await pair(t);
  await a(alert('Apart'));
  await b(alert('Apart', { startsAt: later(20) }));
  await b(alert('Apart', { startsAt: later(-20) }));
  await a(resolved('Apart', END));
  await b(alert('Apart', { startsAt: later(20), status: 'resolved', endsAt: END }));
  assert.deepEqual(machine.story, ['Apart firing', 'Apart resolved']);
});

test('a firing that begins after the end is another, whoever tells of it', async (t) => {
  const { machine, a, b } = await pair(t);
  await a(alert('Anew'));
  await a(resolved('Anew', END));
  await b(alert('Anew', { startsAt: later(600) }));
  assert.deepEqual(machine.story, ['Anew firing', 'Anew resolved', 'Anew firing']);
  // The end of the first, told late, is no end of the second.
  await b(resolved('Anew', END));
  assert.deepEqual(machine.story, ['Anew firing', 'Anew resolved', 'Anew firing']);
});

test('one whose end was not heard, and that begins later, is another', async (t) => {
  const { machine, a } = await pair(t);
  await a(alert('Unended'));
  await a(alert('Unended', { startsAt: later(60) }));
  assert.deepEqual(machine.story, ['Unended firing', 'Unended firing']);
});

test('one resolved that never fired, or that begins in the future, is an event', async (t) => {
  const { machine, a } = await pair(t);
  await a(resolved('Unheard', END));
  await a(alert('Soon', { startsAt: '2999-01-01T00:00:00Z' }));
  await a(alert('__proto__', { labels: { alertname: '__proto__', 'odd\n\u001b[2J': '\ud800' } }));
  assert.deepEqual(machine.story, ['Unheard resolved', 'Soon firing', '__proto__ firing']);
});
