/**
 * The common vocabulary of `fields`: the keys that mean the same in every source, so that one
 * predicate works on all of them. A source may add keys of its own beside these.
 */

export const CONCLUSIONS = [
  'success',
  'failure',
  'cancelled',
  'timed_out',
  'skipped',
  'neutral',
  'action_required',
  'stale',
] as const;

export type Conclusion = (typeof CONCLUSIONS)[number];

export const COMMON_FIELDS = [
  'status',
  'conclusion',
  'workflow_name',
  'head_sha',
  'head_branch',
  'run_id',
  'job_id',
  'job_name',
  'parent_run_id',
  'alert_name',
  'alert_severity',
  'alert_fingerprint',
  'msg_to',
  'msg_from',
  'msg_correlation_id',
  'msg_reply_to',
  'msg_thread',
  'msg_body',
] as const;

/** Keys that the kernel writes into every event's `fields`, over whatever a producer put there. */
export const KERNEL_FIELDS = ['source', 'event_type', 'owner', 'repo', 'ingest_method'] as const;

/** The key of `fields` that holds an event back from who does not ask under the key that it names. */
export const ONLY_FOR = 'only_for';
