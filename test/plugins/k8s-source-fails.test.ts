/** What the example source k8s makes of its kubeconfig, and how it says why it cannot go on. */
import assert from 'node:assert/strict';
import { rmSync, writeFileSync } from 'node:fs';
import { delimiter, join } from 'node:path';
import { test } from 'node:test';
import { ended, K8sStage } from './k8s-stage.js';

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
