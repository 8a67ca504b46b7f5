/** A daemon that is restarted or killed while a real Alertmanager notifies it: nothing is lost. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { WAITBUS } from '../../support/sandbox.js';
import { ago, AlertStage, frames, LIVE, matched, named } from './stage.js';

test('what fires while no daemon runs comes once there is one again', LIVE, async () => {
  await using stage = await AlertStage.open();
  const alertmanager = await stage.alertmanager();
  assert.equal((await stage.box.run(['stop'])).code, 0);
  await stage.daemon.ended;
  await alertmanager.post({ labels: { alertname: 'Meanwhile' } });
  await alertmanager.process.says(/Notify attempt failed, will retry later/);
  await stage.startDaemon();
  const { fields } = await matched(stage.wait('--since', 'start', ...named('Meanwhile')));
  assert.equal(fields['status'], 'firing');
});

test('a daemon killed amid a thousand alerts ends with each of them once', LIVE, async () => {
  await using stage = await AlertStage.open();
  const alertmanager = await stage.alertmanager({ groupBy: 'rack' });
  const alerts = Array.from({ length: 1000 }, (_, at) => ({
    labels: { alertname: 'Down', rack: String(at % 10), instance: `host-${at}` },
    startsAt: ago(60),
  }));
  const first = stage.daemon.says(/told of \d+ alerts/);
  await alertmanager.post(...alerts);
  await first;
  stage.daemon.child.kill('SIGKILL');
  await stage.daemon.ended;
  await stage.startDaemon();
  const wait = stage.wait('--since', 'start', '--count', '1000');
  const { code, stdout, stderr } = await wait.ended;
  assert.equal(code, 0, stderr);
  const instances = frames(stdout).map(
    ({ fields }) => (fields['labels'] as { instance: string }).instance,
  );
  assert.deepEqual(new Set(instances), new Set(alerts.map(({ labels }) => labels.instance)));
  assert.equal((await stage.log()).length, 1000);
});

test(
  'what Alertmanager repeats after a restart of the daemon is no second event',
  LIVE,
  async () => {
    await using stage = await AlertStage.open();
    const alertmanager = await stage.alertmanager({ repeatInterval: '1s' });
    const alert = { labels: { alertname: 'Flaps' }, startsAt: ago(600) };
    // Its second firing, which only what the source remembers tells from the first.
    for (const [index, endsAt] of [ago(-600), ago(2), ago(-600)].entries()) {
      await alertmanager.post({ ...alert, endsAt });
      const wait = stage.wait('--since', 'start', '--count', String(index + 1));
      assert.equal((await wait.ended).code, 0);
    }
    stage.daemon.child.kill('SIGKILL');
    await stage.daemon.ended;
    await stage.startDaemon();
    await stage.daemon.says(/"stored":0,"repeated":1/);
    const told = (await stage.log()).map(({ fields }) => fields['status']);
    assert.deepEqual(told, ['firing', 'resolved', 'firing']);
  },
);

test('without the secret it fails with the commands that mend it', LIVE, async () => {
  await using stage = await AlertStage.open();
  assert.equal((await stage.box.run(['secret', 'rm', 'alertmanager-secret'])).code, 0);
  const { code, stderr } = await stage.wait().ended;
  assert.notEqual(code, 0);
  assert.match(stderr, /alertmanager-secret was not granted to alertmanager/);
  const remedy = /SECRET=.*alertmanager-secret.*$/m.exec(stderr)?.[0] ?? '';
  const pasted = stage.box.start('sh', ['-c', `waitbus() { "$NODE" "$CLI" "$@"; }; ${remedy}`], {
    env: { NODE: process.execPath, CLI: WAITBUS },
  });
  const { stdout, code: pastedCode } = await pasted.ended;
  assert.equal(pastedCode, 0, stderr);
  const secret = stdout.trim();
  assert.match(secret, /^[\w+/]{32}$/);
  const alertmanager = await stage.alertmanager({ secret });
  const wait = await stage.armed(...named('Mended'));
  await alertmanager.post({ labels: { alertname: 'Mended' } });
  await matched(wait);
});
