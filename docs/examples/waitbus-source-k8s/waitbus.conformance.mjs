/**
 * For the conformance kit: runs a job in the cluster of the kubeconfig. One that is there for tests
 * will do (`kind create cluster`); the jobs go away by themselves.
 */
import { randomUUID } from 'node:crypto';
import { mkdirSync, writeFileSync } from 'node:fs';
import { homedir } from 'node:os';
import { join } from 'node:path';
import { BatchV1Api } from '@kubernetes/client-node';
import { readKubeconfig } from './src/kubeconfig.js';

const { KUBECONFIG } = process.env;
const { kubeconfig, namespace } = readKubeconfig(undefined, { KUBECONFIG, home: homedir() });

/** The source has a home of its own, and may read no more than its manifest declares. */
export function env({ home }) {
  const file = join(home, '.kube', 'config');
  mkdirSync(join(home, '.kube'), { recursive: true });
  writeFileSync(file, kubeconfig.exportConfig(), { mode: 0o600 });
  return { KUBECONFIG: file };
}

export async function provoke({ until }) {
  const name = `waitbus-conformance-${randomUUID().slice(0, 8)}`;
  const container = { name: 'main', image: 'busybox', command: ['true'] };
  const body = {
    metadata: { name },
    spec: {
      ttlSecondsAfterFinished: 60,
      template: { spec: { restartPolicy: 'Never', containers: [container] } },
    },
  };
  await kubeconfig.makeApiClient(BatchV1Api).createNamespacedJob({ namespace, body });
  const ofJob = ({ fields }) => fields.job === name;
  await until((event) => event.event_type === 'job_finished' && ofJob(event));
  await until((event) => event.fields.phase === 'Succeeded' && ofJob(event));
}

export function expect(events) {
  for (const { event_type: type, fields } of events) {
    const finished = type === 'job_finished' || fields.phase === 'Succeeded';
    const wanted = finished ? 'success' : undefined;
    if (fields.conclusion !== wanted) throw new Error(`${type}: ${JSON.stringify(fields)}`);
  }
}
