/** The example source k8s in its own process, against a server that speaks the API of Kubernetes. */
import assert from 'node:assert/strict';
import { rmSync, writeFileSync } from 'node:fs';
import { delimiter, join } from 'node:path';
import { test } from 'node:test';
import { WatchApi } from '../support/watch-api.js';
import { ended, gist, job, K8sStage, pod, stuck } from './k8s-stage.js';

const told = (stage: K8sStage) => stage.committed.events.map(gist);

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

const failures: readonly (readonly [
  what: string,
  spoil: (stage: K8sStage) => object | undefined,
  message: RegExp,
  remedy: RegExp,
])[] = [
  [
    'no kubeconfig',
    (stage) => void rmSync(stage.kubeconfig),
    /there is no kubeconfig that this source can read: .*\.kube\/config/,
    /^ls -l .*waitbus stop/,
  ],
  [
    'a kubeconfig that is no YAML',
    (stage) => void writeFileSync(stage.kubeconfig, 'a: [1'),
    /\.kube\/config: /,
    /^kubectl config view --kubeconfig .*\.kube\/config$/,
  ],
  [
    'a kubeconfig that is something else',
    (stage) => void writeFileSync(stage.kubeconfig, 'just words'),
    /config/,
    /^kubectl config /,
  ],
  [
    'a context that is not there',
    () => ({ context: 'other' }),
    /the kubeconfig has no context other/,
    /^kubectl config get-contexts$/,
  ],
  [
    'credentials from a program',
    (stage) => {
      const exec = { apiVersion: 'client.authentication.k8s.io/v1', command: 'cloud-login' };
      return void stage.api.writeKubeconfig(stage.kubeconfig, { user: { exec } });
    },
    /gets its credentials from the program cloud-login, which this source does not run/,
    /^kubectl config set-credentials tester --token=/,
  ],
  [
    'credentials that are not accepted',
    (stage) => void stage.api.writeKubeconfig(stage.kubeconfig, { token: 'wrong' }),
    /does not accept the credentials of the kubeconfig: Unauthorized/,
    /^kubectl --context test auth whoami$/,
  ],
  [
    'rights that are missing',
    (stage) => void (stage.api.refusal = 403),
    /context test may not list and watch (pods|jobs) in default: tester: cannot list/,
    /^kubectl --context test auth can-i watch (pods|jobs) --namespace default$/,
  ],
  [
    'a certificate that is not there',
    (stage) => {
      const user = { 'client-certificate': 'absent.crt', 'client-key': 'absent.key' };
      return void stage.api.writeKubeconfig(stage.kubeconfig, { user });
    },
    /the kubeconfig names a file that this source cannot read: .*absent/,
    /^kubectl config view --raw --flatten > ~\/\.kube\/flat/,
  ],
];

for (const [what, spoil, message, remedy] of failures) {
  test(`it fails and says how to look: ${what}`, async () => {
    await using stage = await K8sStage.open();
    const config = spoil(stage);
    const source = stage.begin(config);
    assert.equal(await source.ended, 'exit code 1');
    assert.match(source.failure?.message ?? '', message);
    assert.match(source.failure?.remedy ?? '', remedy);
    assert.equal(source.isReady, false);
  });
}

test('it fails and says how to look: a cluster that cannot be reached', async () => {
  await using stage = await K8sStage.open();
  await stage.api[Symbol.asyncDispose]();
  const source = stage.begin();
  assert.equal(await source.ended, 'exit code 1');
  assert.match(source.failure?.message ?? '', /cannot be reached at http:.*: .*ECONNREFUSED/);
  assert.equal(source.failure?.remedy, 'kubectl --context test cluster-info');
});

test('credentials that stop being accepted end it, with the way to look', async () => {
  await using stage = await K8sStage.open();
  const source = await stage.watching();
  stage.api.refusal = 401;
  stage.api.disconnect();
  assert.equal(await source.ended, 'exit code 1');
  assert.match(source.failure?.message ?? '', /does not accept the credentials/);
});

test('a configuration that is wrong is told with the path of each member', async () => {
  await using stage = await K8sStage.open();
  const source = stage.begin({ namespaces: ['*', 'shop'], contxt: 'x' });
  await source.ended;
  assert.match(source.failure?.message ?? '', /k8s\.namespaces: \* stands alone/);
  assert.match(source.failure?.message ?? '', /contxt/);
});

test('KUBECONFIG may name several files, one of them absent', async () => {
  await using stage = await K8sStage.open();
  const [absent, work] = ['absent', 'work'].map((name) => join(stage.home, '.kube', name));
  stage.api.writeKubeconfig(work ?? '');
  rmSync(stage.kubeconfig);
  const KUBECONFIG = [absent, work].join(delimiter);
  const source = await stage.begin({}, { KUBECONFIG }).ready();
  stage.api.cluster.put('pods', ended('one', 1));
  await source.until(() => stage.committed.events.length === 1);
});
