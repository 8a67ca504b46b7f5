/** How a pod stands, in the common vocabulary. Pure. */

/**
 * @typedef {import('@kubernetes/client-node').V1Pod} Pod
 * @typedef {import('@kubernetes/client-node').V1ContainerStatus} ContainerStatus
 *
 * @typedef {object} PodCondition
 * @property {string} key two sightings of a pod with the same key are one event
 * @property {string} phase the API's word: Pending, Running, Succeeded, Failed or Unknown
 * @property {'queued' | 'in_progress' | 'completed' | 'unknown'} status
 * @property {'success' | 'failure' | 'cancelled' | 'timed_out' | null} conclusion
 * @property {string | null} reason
 * @property {number | null} exitCode
 * @property {string | null} container the one that `reason` and `exitCode` are about
 */

/** Why a container waits, when it is not merely being started. */
const TROUBLE = new Set([
  'CrashLoopBackOff',
  'CreateContainerConfigError',
  'CreateContainerError',
  'ErrImageNeverPull',
  'ErrImagePull',
  'ImagePullBackOff',
  'InvalidImageName',
  'RunContainerError',
]);

/**
 * @param {Pod} pod
 * @returns {PodCondition}
 */
export function podCondition(pod) {
  const phase = pod.status?.phase ?? 'Unknown';
  const reason = pod.status?.reason ?? null;
  const calm = { key: phase, phase, conclusion: null, reason, exitCode: null, container: null };
  switch (phase) {
    case 'Succeeded':
      return { ...calm, status: 'completed', conclusion: 'success', exitCode: 0 };
    case 'Failed':
      return { ...calm, status: 'completed', ...failure(pod, reason) };
    case 'Pending':
      return { ...calm, status: 'queued', ...trouble(pod, phase) };
    case 'Running':
      return { ...calm, status: 'in_progress', ...trouble(pod, phase) };
    default:
      return { ...calm, status: 'unknown' };
  }
}

/**
 * @param {Pod} pod
 * @param {string | null} reason
 */
function failure(pod, reason) {
  const failed = containers(pod).find((one) => (one.state?.terminated?.exitCode ?? 0) !== 0);
  const ended = failed?.state?.terminated;
  return {
    conclusion: conclusionOf(pod, reason),
    reason: reason ?? ended?.reason ?? null,
    exitCode: ended?.exitCode ?? null,
    container: failed?.name ?? null,
  };
}

/**
 * @param {Pod} pod
 * @param {string | null} reason
 * @returns {'failure' | 'cancelled' | 'timed_out'}
 */
function conclusionOf(pod, reason) {
  if (reason === 'DeadlineExceeded') return 'timed_out';
  // Somebody deleted it, a rollout say, and its containers did not end with 0 when told to.
  return pod.metadata?.deletionTimestamp === undefined ? 'failure' : 'cancelled';
}

/**
 * A pod that is restarted for ever never reaches the phase Failed; this is how its failure shows.
 * Each restart is an event of its own.
 * @param {Pod} pod
 * @param {string} phase
 * @returns {Partial<PodCondition>}
 */
function trouble(pod, phase) {
  const stuck = containers(pod).find((one) => TROUBLE.has(one.state?.waiting?.reason ?? ''));
  const reason = stuck?.state?.waiting?.reason;
  if (stuck === undefined || reason === undefined) return {};
  return {
    key: `${phase}:${reason}:${stuck.restartCount}`,
    conclusion: 'failure',
    reason,
    exitCode: stuck.lastState?.terminated?.exitCode ?? null,
    container: stuck.name,
  };
}

/**
 * @param {Pod} pod
 * @returns {ContainerStatus[]}
 */
function containers(pod) {
  return [...(pod.status?.containerStatuses ?? []), ...(pod.status?.initContainerStatuses ?? [])];
}
