/** A dead man's switch by a real Alertmanager: it beats, dies, and comes back. */
import assert from 'node:assert/strict';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { REPO, Sandbox } from '../../support/sandbox.js';
import { ago, AlertStage, LIVE, matched, named, status } from './stage.js';

const WATCHDOG = { labels: { alertname: 'Watchdog' }, startsAt: ago(600), endsAt: ago(-600) };

test('a watchdog beats, is absent once Alertmanager died, and returns with it', LIVE, async () => {
  await using stage = await AlertStage.open({ watchdog: { timeout: '4s' } });
  const alertmanager = await stage.alertmanager();
  const alive = await stage.armed(...named('Watchdog'), ...status('alive'));
  const absent = await stage.armed(...named('Watchdog'), ...status('absent'));
  await alertmanager.post(WATCHDOG);
  await matched(alive);
  await stage.daemon.says(/"stored":0,"repeated":1/);
  alertmanager.process.child.kill('SIGKILL');
  assert.equal((await matched(absent)).fields['conclusion'], 'failure');
  stage.daemon.child.kill('SIGKILL');
  await stage.daemon.ended;
  await stage.startDaemon();
  const returns = await stage.armed(...named('Watchdog'), ...status('alive'));
  const again = await stage.alertmanager();
  await again.post(WATCHDOG);
  assert.equal((await matched(returns)).fields['conclusion'], 'success');
  // A slow machine may have missed a beat before: what counts is that they alternate.
  const told = (await stage.log()).filter(({ fields }) => fields['alert_name'] === 'Watchdog');
  const words = told.map(({ fields }) => fields['status']);
  assert.deepEqual(
    words,
    words.map((_, at) => (at % 2 === 0 ? 'alive' : 'absent')),
  );
});

test('the configuration that the README gives is one that Alertmanager takes', LIVE, async () => {
  await using box = new Sandbox();
  const readme = readFileSync(join(REPO, 'plugins', 'alertmanager', 'README.md'), 'utf8');
  const [yaml = ''] = /^ +route:\n[^]*?credentials_file[^]*?\n\n/m.exec(readme) ?? [];
  assert.match(yaml, /9001\/alertmanager[^]*9001\/watchdog/);
  const secret = join(box.work, 'secret');
  writeFileSync(secret, 'x');
  const file = join(box.work, 'alertmanager.yml');
  writeFileSync(file, yaml.replaceAll('/etc/alertmanager/waitbus-secret', secret));
  const { code, stdout, stderr } = await box.start('amtool', ['check-config', file]).ended;
  assert.equal(code, 0, stdout + stderr);
  assert.match(stdout, /2 receivers/);
});
