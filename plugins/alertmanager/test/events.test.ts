/** Which notifications are the same event, and that whatever is posted makes events that fit. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { checkEnvelope } from '@waitbus/plugin-sdk';
import fc from 'fast-check';
import { EVENTS, toAlertEvent } from '../src/events.js';
import { readNotification } from '../src/notification.js';
import { alert, Machine, notification, resolved, START, startSource } from './harness.js';

test('firing, repeated, resolved, and fired again: one event each, over a restart', async (t) => {
  const machine = new Machine(t);
  let run = await startSource(t, machine);
  const at = (minute: number) => `2026-03-01T11:0${minute}:00.000Z`;
  const told = async (one: object) => {
    const before = machine.events.length;
    assert.equal((await run.post('/alertmanager', notification(one))).status, 200);
    return machine.events.length - before;
  };
  const sequence: [object, number][] = [
    [alert('A'), 1],
    [alert('A'), 0],
    [resolved('A', at(1)), 1],
    [resolved('A', at(1)), 0],
    // The same start: Prometheus was cut off meanwhile.
    [alert('A'), 1],
    [alert('A'), 0],
    [resolved('A', at(2)), 1],
    [resolved('A', at(2)), 0],
    [alert('A'), 1],
    // An hour later, a firing of its own.
    [alert('A', { startsAt: at(9) }), 1],
    [alert('A', { startsAt: '2026-03-01T12:09:00+01:00' }), 0],
  ];
  for (const [index, [one, events]] of sequence.entries()) {
    assert.equal(await told(one), events, `step ${index}`);
    // Every step is to hold whichever run takes it.
    run.stop();
    run = await startSource(t, machine);
    assert.equal(await told(one), 0, `step ${index}, repeated after a restart`);
  }
});

test('a resolved alert that could not be stored is still to be resolved', async (t) => {
  const machine = new Machine(t);
  const run = await startSource(t, machine);
  const end = resolved('A', '2026-03-01T11:00:00Z');
  await run.post('/alertmanager', notification(alert('A')));
  machine.admit = () => {
    throw new Error('the disk is full');
  };
  assert.equal((await run.post('/alertmanager', notification(end))).status, 503);
  machine.admit = () => undefined;
  assert.equal((await run.post('/alertmanager', notification(alert('A')))).status, 200);
  assert.equal((await run.post('/alertmanager', notification(end))).status, 200);
  assert.deepEqual(machine.story, ['A firing', 'A resolved']);
});

test('the labels that do not fit into a frame are left out, and counted', async (t) => {
  const machine = new Machine(t);
  const run = await startSource(t, machine);
  const labels = {
    alertname: 'Big',
    small: 'x',
    big: 'x'.repeat(2000),
    wide: '\u0001'.repeat(200),
  };
  await run.post('/alertmanager', notification(alert('Big', { labels })));
  const [event] = machine.events;
  assert.deepEqual(event?.fields?.['labels'], { alertname: 'Big', small: 'x' });
  assert.equal(event?.fields?.['labels_omitted'], 2);
  assert.deepEqual((event?.payload as { labels: object }).labels, labels);
});

test('every alert that is taken is an event within the limits of events', () => {
  const texts = fc.oneof(
    fc.string({ unit: 'binary', maxLength: 40 }),
    fc.string({ minLength: 900, maxLength: 1100 }),
    fc.constantFrom(
      '',
      '\ud800',
      '__proto__',
      'constructor',
      '\u0000'.repeat(600),
      '\u{1f600}'.repeat(400),
    ),
  );
  const labels = fc.dictionary(fc.oneof(texts, fc.constantFrom('alertname', 'severity')), texts, {
    maxKeys: 140,
    size: '+1',
  });
  const alerts = fc.record(
    {
      status: fc.constantFrom('firing', 'resolved'),
      labels,
      annotations: fc.dictionary(fc.constantFrom('summary', 'description'), texts),
      startsAt: fc.constantFrom(START, '0001-01-01T00:00:00Z', ''),
      endsAt: fc.constantFrom(START, '0001-01-01T00:00:00Z', ''),
      generatorURL: texts,
      fingerprint: texts,
    },
    { requiredKeys: ['status'] },
  );
  const bodies = fc.record({ alerts: fc.array(alerts, { maxLength: 3 }), receiver: texts });
  fc.assert(
    fc.property(bodies, (body) => {
      const read = readNotification(Buffer.from(JSON.stringify(body)));
      assert.deepEqual(read.problems, []);
      for (const one of read.alerts) {
        const event = toAlertEvent(one, read.group, `alert/${one.fingerprint}/${one.status}`);
        checkEnvelope({ ...event, source: 'alertmanager' });
        EVENTS.prometheus_alert.parse(event.fields);
        const { payload: _, ...frame } = event;
        assert.ok(Buffer.byteLength(JSON.stringify(frame)) < 60_000);
      }
    }),
    { numRuns: 30 },
  );
});
