/** Who may post, and what of what is posted is taken. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { alert, BEARER, Machine, notification, SECRET, signed, startSource } from './harness.js';

const BODY = JSON.stringify(notification(alert('A')));

test('the secret is presented as a bearer token or as a signature, and in no other way', async (t) => {
  const machine = new Machine(t);
  const run = await startSource(t, machine);
  const status = async (headers: Record<string, string>) =>
    (await run.post('/alertmanager', BODY, headers)).status;
  assert.equal(await status(BEARER), 200);
  assert.equal(await status({ authorization: `bearer  ${SECRET}` }), 200);
  assert.equal(await status(signed(BODY)), 200);
  const hub = { 'x-hub-signature-256': signed(BODY)['x-waitbus-signature'] ?? '' };
  assert.equal(await status(hub), 200);
  assert.equal(machine.events.length, 1);
  const refused: Record<string, string>[] = [
    {},
    { authorization: '' },
    { authorization: 'Bearer' },
    { authorization: `Bearer ${SECRET}x` },
    { authorization: `Bearer ${SECRET.slice(0, -1)}` },
    { authorization: SECRET },
    { authorization: `Basic ${Buffer.from(`:${SECRET}`).toString('base64')}` },
    signed(BODY, 'another'),
    signed(`${BODY} `),
    { 'x-waitbus-signature': signed(BODY)['x-waitbus-signature']?.slice(7) ?? '' },
    { 'x-waitbus-signature': SECRET },
    { 'x-hub-signature-256': signed(BODY, 'another')['x-waitbus-signature'] ?? '' },
    { 'x-hub-signature': signed(BODY)['x-waitbus-signature'] ?? '' },
  ];
  for (const headers of refused) {
    for (const path of ['/alertmanager', '/watchdog']) {
      const answer = await run.post(path, BODY, headers);
      assert.equal(answer.status, 401, JSON.stringify(headers));
      assert.equal(answer.body.error?.code, 'unauthorized');
    }
  }
  assert.equal(machine.events.length, 1);
});

test('who does not know the secret is told so before the body is looked at', async (t) => {
  const run = await startSource(t, new Machine(t));
  for (const body of ['', 'no json', '{"alerts":0}']) {
    const answer = await run.post('/alertmanager', body, { 'content-type': 'text/plain' });
    assert.equal(answer.status, 401);
  }
});

test('a malformed body is refused with what is wrong with it', async (t) => {
  const machine = new Machine(t);
  const run = await startSource(t, machine);
  const cases: [string | Buffer, RegExp][] = [
    ['', /not JSON/],
    [BODY.slice(0, -10), /not JSON/],
    [Buffer.from([0x7b, 0xff, 0x7d]), /not UTF-8/],
    ['[]', /the body: .*expected object/],
    ['null', /the body: .*expected object/],
    ['{}', /alerts: .*expected array/],
    ['{"alerts":{}}', /alerts: .*expected array/],
    ['{"version":"5","alerts":[]}', /version: must be "4"/],
    ['{"version":4,"alerts":[]}', /version: must be "4"/],
    ['['.repeat(100_000), /not JSON/],
  ];
  for (const [body, wrong] of cases) {
    const answer = await run.post('/alertmanager', body);
    assert.equal(answer.status, 400, String(body).slice(0, 40));
    assert.match(answer.body.error?.message ?? '', wrong);
  }
  const other = await run.post('/alertmanager', BODY, { ...BEARER, 'content-type': 'text/plain' });
  assert.equal(other.status, 415);
  assert.deepEqual(machine.events, []);
  assert.equal((await run.post('/alertmanager', BODY)).status, 200);
});

test('of a group with malformed alerts the others are taken, and each problem is named', async (t) => {
  const machine = new Machine(t);
  const run = await startSource(t, machine);
  const answer = await run.post(
    '/alertmanager',
    notification(
      alert('Good'),
      7,
      alert('Status', { status: 'pending' }),
      alert('Labels', { labels: { alertname: 1 } }),
      alert('Time', { startsAt: 'yesterday' }),
      alert('Also good'),
    ),
  );
  assert.equal(answer.status, 400);
  const { message } = answer.body.error ?? { message: '' };
  for (const [index, problem] of ['1', '2.status', '3.labels.alertname', '4.startsAt'].entries()) {
    assert.ok(message.includes(`alerts.${problem}`), `${index}: ${message}`);
  }
  assert.deepEqual(machine.story, ['Good firing', 'Also good firing']);
});

test('members that are missing are no harm', async (t) => {
  const machine = new Machine(t);
  const run = await startSource(t, machine);
  const bare = { alerts: [{ status: 'firing' }, { status: 'resolved', labels: null, endsAt: '' }] };
  assert.equal((await run.post('/alertmanager', bare)).status, 200);
  const [first] = machine.events;
  assert.deepEqual(first?.fields, {
    status: 'firing',
    conclusion: 'failure',
    // FNV-1a of nothing.
    alert_fingerprint: 'cbf29ce484222325',
    labels: {},
  });
  assert.equal((await run.post('/alertmanager', { alerts: [] })).status, 200);
});

test('1,000 alerts in one request are 1,000 events, and the request again is none', async (t) => {
  const machine = new Machine(t);
  const run = await startSource(t, machine);
  const alerts = Array.from({ length: 1000 }, (_, at) =>
    alert('Down', { labels: { alertname: 'Down', instance: `host-${at}` } }),
  );
  const body = notification(...alerts);
  assert.deepEqual(await run.post('/alertmanager', body), {
    status: 200,
    body: { stored: 1000, repeated: 0 },
  });
  assert.deepEqual(await run.post('/alertmanager', body), {
    status: 200,
    body: { stored: 0, repeated: 1000 },
  });
  assert.equal(machine.events.length, 1000);
});

test('what could not all be stored is answered with 503, and sent again it is complete', async (t) => {
  const machine = new Machine(t);
  const run = await startSource(t, machine);
  const names = Array.from({ length: 600 }, (_, at) => `Alert${at}`);
  let admitted = 0;
  machine.admit = () => {
    admitted += 1;
    if (admitted > 300) throw new Error('the disk is full');
  };
  const body = notification(...names.map((name) => alert(name)));
  const answer = await run.post('/alertmanager', body);
  assert.equal(answer.status, 503);
  assert.match(answer.body.error?.message ?? '', /the disk is full/);
  assert.ok(machine.events.length < 600);
  machine.admit = () => undefined;
  assert.equal((await run.post('/alertmanager', body)).status, 200);
  assert.equal(machine.events.length, 600);
  assert.equal(new Set(machine.story).size, 600);
});

test('two notifications of one alert at the same time are one event', async (t) => {
  const machine = new Machine(t);
  const run = await startSource(t, machine);
  const body = notification(alert('Twice'));
  const answers = await Promise.all([1, 2, 3].map(() => run.post('/alertmanager', body)));
  assert.deepEqual(
    answers.map(({ status }) => status),
    [200, 200, 200],
  );
  assert.deepEqual(machine.story, ['Twice firing']);
});
