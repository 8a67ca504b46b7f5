/**
 * Pods and jobs as the source knows them, and as the events that are emitted. Pure.
 *
 * A delivery_id is made of the object's uid and of what happened to it, so that what is listed or
 * watched twice is stored once.
 */
import { jobCondition } from './job-condition.js';
import { podCondition } from './pod-condition.js';

/**
 * @typedef {import('@kubernetes/client-node').V1Pod} Pod
 * @typedef {import('@kubernetes/client-node').V1Job} Job
 * @typedef {import('@kubernetes/client-node').V1ObjectMeta} Metadata
 * @typedef {import('@waitbus/plugin-sdk').SourceEvent} SourceEvent
 * @typedef {import('@waitbus/plugin-sdk').Json} Json
 * @typedef {Readonly<Record<string, string>>} Who the fields that name an object
 *
 * @typedef {object} Sighting
 * @property {string} uid
 * @property {string} key differs when there is something new to say
 * @property {boolean} finished whether its end was told: then that it is deleted is no news
 * @property {Who} who
 * @property {SourceEvent | null} event null while there is nothing to say
 */

/**
 * @param {Pod} pod
 * @param {string} context
 * @returns {Sighting}
 */
export function podSighting(pod, context) {
  const { uid, namespace, name } = named(pod.metadata);
  const owner = controllerOf(pod.metadata);
  const job = owner?.kind === 'Job' ? owner.name : undefined;
  const who = present({
    workflow_name: workflowOfPod(pod.metadata) ?? name,
    context,
    namespace,
    pod: name,
    job,
    job_name: job,
  });
  const { key, phase, status, conclusion, reason, exitCode, container } = podCondition(pod);
  const why = reason === null ? '' : ` (${reason})`;
  return {
    uid,
    key,
    finished: phase === 'Succeeded' || phase === 'Failed',
    who,
    event: {
      event_type: 'pod_phase',
      delivery_id: `k8s:${uid}:${key}`,
      ingest_method: 'watch',
      summary: `pod ${namespace}/${name}: ${phase}${why}`,
      fields: present({
        ...who,
        status,
        conclusion,
        phase,
        reason,
        exit_code: exitCode,
        container,
      }),
      payload: /** @type {Json} */ (/** @type {unknown} */ (pod.status ?? {})),
    },
  };
}

/**
 * @param {Job} job
 * @param {string} context
 * @returns {Sighting}
 */
export function jobSighting(job, context) {
  const { uid, namespace, name } = named(job.metadata);
  // A job that a CronJob made bears the CronJob's name as its workflow.
  const workflow_name = controllerOf(job.metadata)?.name ?? name;
  const who = { workflow_name, context, namespace, job: name, job_name: name };
  const { key, conclusion, reason } = jobCondition(job);
  if (conclusion === null) return { uid, key, finished: false, who, event: null };
  const why = reason === null ? '' : ` (${reason})`;
  const { succeeded, failed } = job.status ?? {};
  return {
    uid,
    key,
    finished: true,
    who,
    event: {
      event_type: 'job_finished',
      delivery_id: `k8s:${uid}:${key}`,
      ingest_method: 'watch',
      summary: `job ${namespace}/${name}: ${conclusion}${why}`,
      fields: present({ ...who, status: 'completed', conclusion, reason, succeeded, failed }),
      payload: /** @type {Json} */ (/** @type {unknown} */ (job.status ?? {})),
    },
  };
}

/**
 * The pod is gone before it finished.
 * @param {Pick<Sighting, 'uid' | 'key' | 'who'>} last
 * @returns {SourceEvent}
 */
export function podGone({ uid, key, who }) {
  const phase = key.split(':')[0] ?? key;
  return {
    event_type: 'pod_phase',
    delivery_id: `k8s:${uid}:Deleted`,
    ingest_method: 'watch',
    summary: `pod ${who['namespace']}/${who['pod']}: deleted`,
    fields: { ...who, status: 'deleted', conclusion: 'cancelled', phase },
  };
}

/**
 * The job is gone before it finished.
 * @param {Pick<Sighting, 'uid' | 'who'>} last
 * @returns {SourceEvent}
 */
export function jobGone({ uid, who }) {
  return {
    event_type: 'job_finished',
    delivery_id: `k8s:${uid}:Deleted`,
    ingest_method: 'watch',
    summary: `job ${who['namespace']}/${who['job']}: deleted`,
    fields: { ...who, status: 'deleted', conclusion: 'cancelled' },
  };
}

/** @param {Metadata | undefined} metadata */
function named(metadata) {
  const { uid, namespace, name } = metadata ?? {};
  if (uid === undefined || namespace === undefined || name === undefined) {
    throw new Error('the API server sent an object without uid, namespace or name');
  }
  return { uid, namespace, name };
}

/** @param {Metadata | undefined} metadata */
function controllerOf(metadata) {
  return metadata?.ownerReferences?.find(({ controller }) => controller === true);
}

/**
 * What a person would call it: the name of the Deployment, StatefulSet, DaemonSet or Job.
 * @param {Metadata | undefined} metadata
 */
function workflowOfPod(metadata) {
  const owner = controllerOf(metadata);
  const hash = metadata?.labels?.['pod-template-hash'];
  // A ReplicaSet's name is its Deployment's with this hash behind it.
  const tail = owner?.kind === 'ReplicaSet' && hash !== undefined ? `-${hash}` : '';
  return owner?.name.endsWith(tail)
    ? owner.name.slice(0, owner.name.length - tail.length)
    : owner?.name;
}

/**
 * Without the members that are not there.
 * @template T
 * @param {Readonly<Record<string, T | null | undefined>>} fields
 * @returns {Record<string, T>}
 */
function present(fields) {
  const there = Object.entries(fields).flatMap(([key, value]) =>
    value === null || value === undefined ? [] : [/** @type {[string, T]} */ ([key, value])],
  );
  return Object.fromEntries(there);
}
