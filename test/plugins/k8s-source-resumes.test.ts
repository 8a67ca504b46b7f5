/** The example source k8s over cuts, restarts and floods: nothing is missed, nothing told twice. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { WatchApi } from '../support/watch-api.js';
import { ended, job, K8sStage, pod, told } from './k8s-stage.js';

test('a list of many pages is read to its end', async () => {
  await using stage = await K8sStage.open();
  stage.api.pageSize = 3;
  for (let n = 0; n < 10; n += 1) stage.api.cluster.put('pods', pod(`p${n}`, 'Running'));
  const source = await stage.watching();
  stage.api.cluster.put('pods', pod('p9', 'Running'));
  stage.api.cluster.put('pods', ended('p0', 1));
  await source.until(() => stage.committed.events.length === 1);
  assert.deepEqual(told(stage), ['pod_phase p0 Failed failure']);
  assert.equal(stage.api.asked.filter((a) => a.verb === 'list' && a.resource === 'pods').length, 4);
});

for (const [how, cut] of [
  ['is cut', (api: WatchApi) => api.disconnect()],
  ['is ended by the server', (api: WatchApi) => api.endWatches()],
] as const) {
  test(`a watch that ${how} is taken up where it stood, after a bookmark too`, async () => {
    await using stage = await K8sStage.open();
    const source = await stage.watching();
    stage.api.cluster.put('pods', pod('one', 'Running'));
    await source.until(() => stage.committed.events.length === 1);
    const version = stage.api.bookmark();
    stage.api.cluster.put('jobs', job('mark', 'Complete'));
    await source.until(() => stage.committed.events.length === 2);
    cut(stage.api);
    await stage.api.until(() => stage.api.openWatches === 0);
    stage.api.cluster.put('pods', ended('one', 1));
    await source.until(() => stage.committed.events.length === 3);
    assert.deepEqual(told(stage).slice(2), ['pod_phase one Failed failure']);
    const watches = stage.api.asked.filter((a) => a.verb === 'watch' && a.resource === 'pods');
    assert.equal(watches[1]?.version, version);
    assert.equal(stage.api.asked.filter((a) => a.verb === 'list').length, 2, 'listed once each');
  });
}

for (const goneAs of ['event', 'status'] as const) {
  test(`a version that is gone, told as ${goneAs}: it lists again and tells what changed`, async () => {
    await using stage = await K8sStage.open();
    const { cluster } = stage.api;
    stage.api.goneAs = goneAs;
    for (const name of ['same', 'fails', 'vanishes']) cluster.put('pods', pod(name, 'Running'));
    cluster.put('pods', ended('done', 0));
    const source = await stage.watching();
    stage.api.refusal = 503;
    stage.api.disconnect();
    await source.until(() => source.logged.length >= 2);
    cluster.put('pods', ended('fails', 1));
    cluster.put('pods', ended('new', 0));
    cluster.remove('pods', 'vanishes');
    cluster.remove('pods', 'done');
    cluster.forget();
    stage.api.refusal = null;
    await source.until(() => stage.committed.events.length === 3);
    await stage.api.until(() => stage.api.openWatches === 2);
    assert.deepEqual(told(stage).sort(), [
      'pod_phase fails Failed failure',
      'pod_phase new Succeeded success',
      'pod_phase vanishes Running cancelled',
    ]);
  });
}

test('a process that was stopped is followed by one that tells what happened meanwhile', async () => {
  await using stage = await K8sStage.open();
  const { cluster } = stage.api;
  const first = await stage.watching();
  cluster.put('pods', pod('one', 'Running'));
  await first.until(() => stage.committed.events.length === 1);
  assert.equal(await first.stop(), 'exit code 0');
  cluster.put('pods', ended('one', 1));
  cluster.put('jobs', job('short', 'Complete'));
  cluster.remove('jobs', 'short');
  const second = await stage.watching();
  await second.until(() => stage.committed.events.length === 3);
  assert.deepEqual(told(stage).slice(1).sort(), [
    'job_finished short success',
    'pod_phase one Failed failure',
  ]);
  assert.equal(stage.committed.repeats, 0);
});

test('after kill -9 nothing is missing, and what is told twice is stored once', async () => {
  await using stage = await K8sStage.open();
  const { cluster } = stage.api;
  const first = await stage.watching();
  cluster.put('pods', pod('one', 'Running'));
  await first.until(() => stage.committed.events.length === 1);
  await first.stop();
  const second = await stage.watching();
  cluster.put('pods', pod('two', 'Running'));
  await second.until(() => stage.committed.events.length === 2);
  await second.kill();
  cluster.put('pods', ended('one', 1));
  const third = await stage.watching();
  await third.until(() => stage.committed.events.length === 3);
  assert.deepEqual(told(stage), [
    'pod_phase one Running',
    'pod_phase two Running',
    'pod_phase one Failed failure',
  ]);
});

test('an event that was not committed is told again by the next process', async () => {
  await using stage = await K8sStage.open();
  const first = await stage.watching();
  stage.api.cluster.put('pods', pod('one', 'Running'));
  await first.until(() => stage.committed.events.length === 1);
  first.isHeld = true;
  stage.api.cluster.put('pods', ended('one', 1));
  await first.until(() => first.held === 1);
  // Told to stop it saves what it knows, and is killed while it waits for the commit.
  void first.stop();
  await stage.api.until(() => stage.api.openWatches === 0);
  await first.kill();
  const second = await stage.watching();
  await second.until(() => stage.committed.events.length === 2);
  assert.deepEqual(told(stage)[1], 'pod_phase one Failed failure');
});

test('another cluster in the same place is begun with anew', async () => {
  await using stage = await K8sStage.open();
  const first = await stage.watching();
  for (let n = 0; n < 5; n += 1) stage.api.cluster.put('pods', pod(`p${n}`, 'Running'));
  await first.until(() => stage.committed.events.length === 5);
  await first.stop();
  const { port } = stage.api;
  await stage.api[Symbol.asyncDispose]();
  await using other = await WatchApi.start(port);
  other.cluster.put('pods', ended('old', 1));
  const second = await stage.begin().ready();
  await other.until(() => other.openWatches === 2);
  other.cluster.put('pods', ended('new', 1));
  await second.until(() => stage.committed.events.length === 6);
  assert.equal(told(stage)[5], 'pod_phase new Failed failure');
});

test('a server that is away for a while is found again by itself', async () => {
  await using stage = await K8sStage.open();
  const source = await stage.watching();
  stage.api.refusal = 503;
  stage.api.disconnect();
  await source.until(() => source.logged.length >= 6);
  stage.api.cluster.put('pods', ended('one', 1));
  stage.api.refusal = null;
  await source.until(() => stage.committed.events.length === 1);
  assert.equal(source.failure, null);
});

test('3,000 changes at once are told in order and once, however late they are stored', async () => {
  await using stage = await K8sStage.open();
  const source = await stage.watching();
  source.isHeld = true;
  for (let n = 0; n < 3000; n += 1) stage.api.cluster.put('pods', pod(`p${n}`, 'Running'));
  await source.until(() => source.held >= 1);
  source.release();
  await source.until(() => stage.committed.events.length === 3000);
  assert.deepEqual(
    stage.committed.events.map(({ fields }) => fields?.['pod']),
    Array.from({ length: 3000 }, (_, n) => `p${n}`),
  );
});
