/** What the example source k8s tells of pods and jobs, once each, and of which namespaces. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { ended, job, K8sStage, pod, stuck, told } from './k8s-stage.js';

test('a pod that fails is told in the common vocabulary', async () => {
  await using stage = await K8sStage.open();
  const source = await stage.watching();
  const controlled = (kind: string, name: string) => ({
    ownerReferences: [{ kind, name, controller: true }],
  });
  const owner = controlled('Job', 'migrate');
  const written = ended('migrate-x7', 137, 'OOMKilled');
  const { metadata } = stage.api.cluster.put('pods', {
    ...written,
    metadata: { ...written.metadata, ...owner },
  });
  await source.until(() => stage.committed.events.length === 1);
  const [event] = stage.committed.events;
  assert.deepEqual(event?.fields, {
    workflow_name: 'migrate',
    context: 'test',
    namespace: 'default',
    pod: 'migrate-x7',
    job: 'migrate',
    job_name: 'migrate',
    status: 'completed',
    conclusion: 'failure',
    phase: 'Failed',
    reason: 'OOMKilled',
    exit_code: 137,
    container: 'main',
  });
  assert.equal(event.delivery_id, `k8s:${metadata.uid}:Failed`);
  assert.equal(event.summary, 'pod default/migrate-x7: Failed (OOMKilled)');
  assert.deepEqual(event.payload, written.status);
  const replica = controlled('ReplicaSet', 'shop-6f5c7');
  const labels = { 'pod-template-hash': '6f5c7' };
  stage.api.cluster.put(
    'pods',
    pod('shop-1', 'Running', { metadata: { name: 'shop-1', ...replica, labels } }),
  );
  await source.until(() => stage.committed.events.length === 2);
  assert.equal(stage.committed.events[1]?.fields?.['workflow_name'], 'shop');
});

test('what was there before anybody looked gives no event, what happens to it does', async () => {
  await using stage = await K8sStage.open();
  stage.api.cluster.put('pods', ended('old', 1));
  stage.api.cluster.put('pods', pod('runs', 'Running'));
  stage.api.cluster.put('jobs', job('old', 'Failed'));
  const source = await stage.watching();
  stage.api.cluster.put('pods', ended('old', 1));
  stage.api.cluster.put('pods', ended('runs', 0));
  await source.until(() => stage.committed.events.length === 1);
  assert.deepEqual(told(stage), ['pod_phase runs Succeeded success']);
});

test('each phase is told once, whatever else changes in the pod', async () => {
  await using stage = await K8sStage.open();
  const source = await stage.watching();
  for (const phase of ['Pending', 'Pending', 'Running', 'Running', 'Unknown', 'Succeeded']) {
    stage.api.cluster.put('pods', pod('one', phase));
  }
  stage.api.cluster.remove('pods', 'one');
  stage.api.cluster.put('pods', pod('two', 'Pending'));
  await source.until(() => stage.committed.events.length === 5);
  assert.deepEqual(
    stage.committed.events.map(({ fields }) => [fields?.['pod'], fields?.['status']]),
    [
      ['one', 'queued'],
      ['one', 'in_progress'],
      ['one', 'unknown'],
      ['one', 'completed'],
      ['two', 'queued'],
    ],
  );
});

test('a pod that is restarted for ever fails at each restart', async () => {
  await using stage = await K8sStage.open();
  const source = await stage.watching();
  stage.api.cluster.put('pods', stuck('image', 'Pending', 'ImagePullBackOff'));
  stage.api.cluster.put('pods', stuck('image', 'Pending', 'ContainerCreating'));
  stage.api.cluster.put('pods', stuck('crash', 'Running', 'CrashLoopBackOff', 2));
  stage.api.cluster.put('pods', pod('crash', 'Running'));
  stage.api.cluster.put('pods', stuck('crash', 'Running', 'CrashLoopBackOff', 3));
  await source.until(() => stage.committed.events.length === 5);
  assert.deepEqual(
    stage.committed.events.map(({ fields = {} }) => [
      fields['pod'],
      fields['conclusion'],
      fields['reason'],
      fields['exit_code'],
    ]),
    [
      ['image', 'failure', 'ImagePullBackOff', undefined],
      ['image', undefined, undefined, undefined],
      ['crash', 'failure', 'CrashLoopBackOff', 1],
      ['crash', undefined, undefined, undefined],
      ['crash', 'failure', 'CrashLoopBackOff', 1],
    ],
  );
});

test('what is deleted before it finished is cancelled, and so is what a rollout ends', async () => {
  await using stage = await K8sStage.open();
  const source = await stage.watching();
  stage.api.cluster.put('pods', pod('gone', 'Running'));
  stage.api.cluster.remove('pods', 'gone');
  const failed = ended('replaced', 143);
  const deletionTimestamp = '2026-01-01T00:00:00Z';
  stage.api.cluster.put('pods', { ...failed, metadata: { ...failed.metadata, deletionTimestamp } });
  stage.api.cluster.remove('pods', 'replaced');
  stage.api.cluster.put('jobs', job('dropped'));
  stage.api.cluster.remove('jobs', 'dropped');
  await source.until(() => stage.committed.events.length === 4);
  assert.deepEqual(told(stage).sort(), [
    'job_finished dropped cancelled',
    'pod_phase gone Running',
    'pod_phase gone Running cancelled',
    'pod_phase replaced Failed cancelled',
  ]);
});

test('a job is told when it finished', async () => {
  await using stage = await K8sStage.open();
  const source = await stage.watching();
  for (const name of ['good', 'bad', 'late']) stage.api.cluster.put('jobs', job(name));
  stage.api.cluster.put('jobs', job('good', 'Complete'));
  stage.api.cluster.put('jobs', job('bad', 'Failed', 'BackoffLimitExceeded'));
  stage.api.cluster.put('jobs', job('late', 'Failed', 'DeadlineExceeded'));
  stage.api.cluster.remove('jobs', 'good');
  await source.until(() => stage.committed.events.length === 3);
  assert.deepEqual(told(stage), [
    'job_finished good success',
    'job_finished bad failure',
    'job_finished late timed_out',
  ]);
});

test('only the namespaces that are configured are watched, or all', async () => {
  await using stage = await K8sStage.open();
  const elsewhere = (name: string, namespace: string) => {
    const written = ended(name, 1);
    stage.api.cluster.put('pods', { ...written, metadata: { name, namespace } });
  };
  const one = await stage.begin({ namespaces: ['shop', 'bank'] }).ready();
  elsewhere('a', 'default');
  elsewhere('b', 'shop');
  elsewhere('c', 'bank');
  await one.until(() => stage.committed.events.length === 2);
  assert.deepEqual(told(stage).sort(), [
    'pod_phase b Failed failure',
    'pod_phase c Failed failure',
  ]);
  await one.stop();
  const all = await stage.begin({ namespaces: ['*'] }).ready();
  elsewhere('d', 'default');
  await all.until(() => stage.committed.events.length === 3);
  const asked = new Set(stage.api.asked.map(({ namespace }) => namespace));
  assert.deepEqual(asked, new Set(['shop', 'bank', null]));
});
