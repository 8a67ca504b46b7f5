/** Dead man's switches: their signs of life, their absence, and what a restart makes of both. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { CONFIG } from '../src/config.js';
import { alert, Machine, notification, resolved, startSource } from './harness.js';

const SOON = { watchdog: { timeout: '1s' } };
const absent = (name: string) => (event: { fields?: Readonly<Record<string, unknown>> }) =>
  event.fields?.['alert_name'] === name && event.fields['status'] === 'absent';
const LIMIT = { timeout: 60_000 };

test('signs of life are one event, absence one, and the return one', LIMIT, async (t) => {
  const machine = new Machine(t);
  const run = await startSource(t, machine, SOON);
  const beat = () => run.post('/watchdog', notification(alert('Watchdog')));
  assert.deepEqual((await beat()).body, { stored: 1, repeated: 0 });
  assert.deepEqual((await beat()).body, { stored: 0, repeated: 1 });
  const { fields } = await machine.until(absent('Watchdog'));
  assert.equal(fields?.['conclusion'], 'failure');
  assert.equal(fields?.['reason'], 'silent');
  assert.deepEqual((await beat()).body, { stored: 1, repeated: 0 });
  assert.equal(machine.events.at(-1)?.fields?.['conclusion'], 'success');
  assert.deepEqual(machine.story, ['Watchdog alive', 'Watchdog absent', 'Watchdog alive']);
  const told = run.descriptions.map((line) => line.split('; ')[1]);
  assert.deepEqual(
    [...new Set(told)],
    ['watchdogs: none seen yet', 'watchdogs: 1 alive, 0 absent', 'watchdogs: 0 alive, 1 absent'],
  );
});

test('over a restart the absent stays absent and the alive is missed', LIMIT, async (t) => {
  const machine = new Machine(t);
  const first = await startSource(t, machine, SOON);
  await first.post('/watchdog', notification(alert('Gone')));
  await machine.until(absent('Gone'));
  await first.post('/watchdog', notification(alert('Lives')));
  first.stop();
  const second = await startSource(t, machine, SOON);
  // Its timer runs out after that of a watchdog which was started before it.
  await machine.until(absent('Lives'));
  assert.deepEqual(machine.story, ['Gone alive', 'Gone absent', 'Lives alive', 'Lives absent']);
  second.stop();
  const third = await startSource(t, machine, SOON);
  await third.post('/watchdog', notification(alert('Gone')));
  await third.post('/watchdog', notification(alert('Lives')));
  assert.deepEqual(machine.story.slice(4), ['Gone alive', 'Lives alive']);
});

test('one that is expected and never seen is absent, once over restarts', LIMIT, async (t) => {
  const machine = new Machine(t);
  const first = await startSource(t, machine, SOON);
  const { fields } = await machine.until(({ fields }) => fields?.['status'] === 'absent');
  assert.equal(fields?.['reason'], 'never_seen');
  first.stop();
  const second = await startSource(t, machine, SOON);
  await second.post('/watchdog', notification(alert('Watchdog')));
  await machine.until(absent('Watchdog'));
  assert.deepEqual(machine.story, ['- absent', 'Watchdog alive', 'Watchdog absent']);
});

test('one that Alertmanager says is resolved is absent at once, once', LIMIT, async (t) => {
  const machine = new Machine(t);
  const run = await startSource(t, machine);
  const gone = resolved('Watchdog', '2026-03-01T11:00:00Z');
  for (const one of [alert('Watchdog'), gone, gone, alert('Watchdog'), alert('Watchdog')]) {
    assert.equal((await run.post('/watchdog', notification(one))).status, 200);
  }
  assert.deepEqual(machine.story, ['Watchdog alive', 'Watchdog absent', 'Watchdog alive']);
  assert.equal(machine.events[1]?.fields?.['reason'], 'resolved');
});

test('a sign of life that could not be stored is answered with 503', LIMIT, async (t) => {
  const machine = new Machine(t);
  const run = await startSource(t, machine);
  machine.admit = () => {
    throw new Error('the disk is full');
  };
  const beat = () => run.post('/watchdog', notification(alert('Watchdog')));
  assert.equal((await beat()).status, 503);
  machine.admit = () => undefined;
  assert.equal((await beat()).status, 200);
  assert.deepEqual(machine.story, ['Watchdog alive']);
});

test(
  'more watchdogs than anybody has are refused, and those there were are kept',
  LIMIT,
  async (t) => {
    const machine = new Machine(t);
    const run = await startSource(t, machine);
    const many = Array.from({ length: 300 }, (_, at) => alert(`W${at}`));
    const answer = await run.post('/watchdog', notification(...many));
    assert.equal(answer.status, 400);
    assert.match(answer.body.error?.message ?? '', /only dead man's switches/);
    assert.equal((await run.post('/watchdog', notification(alert('W0')))).status, 200);
    assert.equal(machine.events.length, 256);
  },
);

test('a timeout is a duration, and an unknown setting is refused', () => {
  const timeoutOf = (timeout: string) => CONFIG.parse({ watchdog: { timeout } }).watchdog.timeout;
  assert.equal(timeoutOf('5m'), 300_000);
  assert.equal(timeoutOf('1h30m'), 5_400_000);
  for (const wrong of ['', '5', '0s', '25d', '-1m', '5 m']) {
    assert.throws(() => timeoutOf(wrong), /is not a duration/, wrong);
  }
  assert.throws(() => CONFIG.parse({ ports: 1 }));
  assert.equal(CONFIG.parse({}).port, 9001);
});
