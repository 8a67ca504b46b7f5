/** Whether a job finished and how, in the common vocabulary. Pure. */

/**
 * @typedef {import('@kubernetes/client-node').V1Job} Job
 *
 * @typedef {object} JobCondition
 * @property {string} key two sightings of a job with the same key are one event
 * @property {'success' | 'failure' | 'timed_out' | null} conclusion null while it is not finished
 * @property {string | null} reason
 */

/**
 * @param {Job} job
 * @returns {JobCondition}
 */
export function jobCondition(job) {
  const holding = (job.status?.conditions ?? []).filter(({ status }) => status === 'True');
  const failed = holding.find(({ type }) => type === 'Failed');
  if (failed !== undefined) {
    const reason = failed.reason ?? null;
    const conclusion = reason === 'DeadlineExceeded' ? 'timed_out' : 'failure';
    return { key: 'Failed', conclusion, reason };
  }
  const complete = holding.find(({ type }) => type === 'Complete');
  if (complete !== undefined) {
    return { key: 'Complete', conclusion: 'success', reason: complete.reason ?? null };
  }
  return { key: 'Active', conclusion: null, reason: null };
}
