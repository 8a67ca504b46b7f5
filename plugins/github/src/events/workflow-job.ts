/** A job of a run, from a webhook or from the API, as an event. Pure. */
import type { SourceEvent } from '@waitbus/plugin-sdk';
import { z } from 'zod';
import { conclusionOf } from './conclusion.js';
import { integer, present, sha, text, type Members } from './members.js';
import { hasAttempt, type Observed } from './observed.js';
import { nameOf, type Repository } from './repository.js';
import * as schema from './schemas.js';

export const WORKFLOW_JOB = z.strictObject({
  /** GitHub's, or `stalled`. */
  status: schema.name.optional(),
  conclusion: schema.conclusion.optional(),
  workflow_name: schema.name.optional(),
  head_sha: schema.commit.optional(),
  head_branch: schema.name.optional(),
  job_id: schema.integer.optional(),
  job_name: schema.name.optional(),
  run_id: schema.integer.optional(),
  /** The run that it belongs to. */
  parent_run_id: schema.integer.optional(),
  run_attempt: schema.integer.optional(),
  runner_name: schema.name.optional(),
  created_at: schema.name.optional(),
  started_at: schema.name.optional(),
  /** Of a stalled job: the status in which it stays. */
  stalled_in: schema.name.optional(),
  url: schema.name.optional(),
});

/** The event of a job in the state in which it was observed. */
export function jobEvent(job: Members, { repository, ...observed }: Observed): SourceEvent {
  const status = text(job['status']);
  const runId = integer(job['run_id']);
  const fields = present({
    status,
    conclusion: conclusionOf(status, job['conclusion']),
    workflow_name: text(job['workflow_name']),
    head_sha: sha(job['head_sha']),
    head_branch: text(job['head_branch']),
    job_id: integer(job['id']),
    job_name: text(job['name']),
    run_id: runId,
    parent_run_id: runId,
    run_attempt: integer(job['run_attempt']),
    runner_name: text(job['runner_name']),
    created_at: text(job['created_at']),
    started_at: text(job['started_at']),
    url: text(job['html_url']),
  });
  return {
    ...observed,
    ...(repository ?? {}),
    event_type: 'workflow_job',
    delivery_id:
      (hasAttempt(job, observed) ? jobKey(job, repository) : null) ?? observed.delivery_id,
    summary: `${jobTitle(fields)}: ${fields.conclusion ?? status ?? 'unknown'}`,
    fields,
  };
}

export function jobTitle(fields: {
  readonly job_name?: unknown;
  readonly workflow_name?: unknown;
  readonly head_branch?: unknown;
}): string {
  const workflow = text(fields.workflow_name);
  const branch = text(fields.head_branch);
  const job = text(fields.job_name) ?? 'job';
  return `${workflow === undefined ? '' : `${workflow} / `}${job}${branch === undefined ? '' : ` on ${branch}`}`;
}

/** Names a job in one state, however it was observed; null when it cannot be told from others. */
export function jobKey(job: Members, repository: Repository | null): string | null {
  const id = integer(job['id']);
  if (id === undefined || repository === null) return null;
  return `github:job:${nameOf(repository)}:${id}:${jobState(job)}`;
}

export function jobState(job: Members): string {
  const status = text(job['status']);
  const attempt = integer(job['run_attempt']) ?? 1;
  return `${attempt}:${status ?? ''}:${conclusionOf(status, job['conclusion']) ?? ''}`;
}
