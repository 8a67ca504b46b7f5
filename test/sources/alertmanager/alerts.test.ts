/** What a real Alertmanager tells of: alerts that fire, repeat, are grouped, resolved or kept back. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { fingerprintOf } from '../../../plugins/alertmanager/src/fingerprint.js';
import { ago, AlertStage, frames, LIVE, matched, named, status } from './stage.js';

test('an alert that fires wakes a wait, and when it is resolved another', LIVE, async () => {
  await using stage = await AlertStage.open();
  const alertmanager = await stage.alertmanager();
  const fires = await stage.armed(...named('HighLoad'), '--match', 'fields.conclusion="failure"');
  const resolved = await stage.armed(...named('HighLoad'), ...status('resolved'));
  const alert = {
    labels: { alertname: 'HighLoad', severity: 'critical', instance: 'db-1:9100' },
    annotations: { summary: 'load over 10', runbook: 'ask Ada' },
    startsAt: ago(60),
    generatorURL: 'http://prometheus.test/graph?g0.expr=up',
  };
  await alertmanager.post(alert);
  const firing = await matched(fires);
  const { alert_fingerprint: fingerprint, ...fields } = firing.fields;
  // What the source makes of the labels when a sender leaves it out.
  assert.equal(fingerprint, fingerprintOf(alert.labels));
  assert.deepEqual(fields, {
    source: 'alertmanager',
    event_type: 'prometheus_alert',
    owner: 'local',
    repo: 'local',
    ingest_method: 'webhook',
    alert_name: 'HighLoad',
    alert_severity: 'critical',
    receiver: 'waitbus',
    status: 'firing',
    conclusion: 'failure',
    starts_at: alert.startsAt,
    generator_url: alert.generatorURL,
    labels: alert.labels,
  });
  assert.equal(firing.summary, 'firing: HighLoad (critical): load over 10');
  const end = ago(1);
  await alertmanager.post({ ...alert, endsAt: end });
  const { fields: after } = await matched(resolved);
  assert.equal(after['conclusion'], 'success');
  assert.equal(after['ends_at'], end);
  assert.equal(after['alert_fingerprint'], fingerprint);
});

test('what Alertmanager repeats is one event', LIVE, async () => {
  await using stage = await AlertStage.open();
  const alertmanager = await stage.alertmanager({ repeatInterval: '1s' });
  await alertmanager.post({ labels: { alertname: 'Again' }, startsAt: ago(10) });
  await stage.daemon.says(/"stored":0,"repeated":1/);
  assert.equal((await stage.log()).length, 1);
});

test('two alerts of one group are two events', LIVE, async () => {
  await using stage = await AlertStage.open();
  const alertmanager = await stage.alertmanager({ groupBy: 'job' });
  const wait = await stage.armed('--count', '2', '--match', 'fields.labels.job="web"');
  await alertmanager.post(
    { labels: { alertname: 'Slow', job: 'web' } },
    { labels: { alertname: 'Down', job: 'web' } },
  );
  const { code, stdout } = await wait.ended;
  assert.equal(code, 0);
  const names = frames(stdout).map(({ fields }) => fields['alert_name']);
  assert.deepEqual(names.sort(), ['Down', 'Slow']);
  await stage.daemon.says(/told of 2 alerts/);
});

test('what is silenced or inhibited does not come', LIVE, async () => {
  await using stage = await AlertStage.open();
  const alertmanager = await stage.alertmanager({ groupBy: 'instance' });
  await alertmanager.silence('alertname', 'Silenced');
  const instance = 'db-1';
  const labels = (alertname: string, severity: string) => ({ alertname, severity, instance });
  const wait = await stage.armed(...named('Critical'));
  await alertmanager.post({ labels: labels('Critical', 'critical') });
  await matched(wait);
  await alertmanager.post(
    { labels: labels('Silenced', 'page') },
    { labels: labels('Inhibited', 'warning') },
  );
  // Of the same group, so the others would come no later.
  const last = await stage.armed(...named('Last'));
  await alertmanager.post({ labels: labels('Last', 'page') });
  await matched(last);
  const names = (await stage.log()).map(({ fields }) => fields['alert_name']);
  assert.deepEqual(names, ['Critical', 'Last']);
});

test('an alert that fires again with the same start is a new event', LIVE, async () => {
  await using stage = await AlertStage.open();
  const alertmanager = await stage.alertmanager();
  const alert = { labels: { alertname: 'CutOff' }, startsAt: ago(600) };
  const states = [
    { ...alert, endsAt: ago(-600) },
    // Prometheus was cut off, so Alertmanager took it for resolved.
    { ...alert, endsAt: ago(2) },
    { ...alert, endsAt: ago(-600) },
  ];
  for (const [index, state] of states.entries()) {
    const wait = stage.wait('--count', String(index + 1), '--since', 'start', ...named('CutOff'));
    await alertmanager.post(state);
    assert.equal((await wait.ended).code, 0);
  }
  const told = (await stage.log()).map(({ fields }) => [fields['status'], fields['starts_at']]);
  const start = alert.startsAt;
  assert.deepEqual(told, [
    ['firing', start],
    ['resolved', start],
    ['firing', start],
  ]);
});

test('a wrong secret of Alertmanager is told in the log, and no event', LIVE, async () => {
  await using stage = await AlertStage.open();
  const alertmanager = await stage.alertmanager({ secret: 'another' });
  await alertmanager.post({ labels: { alertname: 'Unheard' } });
  await stage.daemon.says(/answered with 401/);
  assert.deepEqual(await stage.log(), []);
});
