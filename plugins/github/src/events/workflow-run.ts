/** A run of a workflow, from a webhook or from the API, as an event. Pure. */
import type { SourceEvent } from '@waitbus/plugin-sdk';
import { z } from 'zod';
import { conclusionOf } from './conclusion.js';
import { integer, object, present, sha, text, type Members } from './members.js';
import { hasAttempt, type Observed } from './observed.js';
import { nameOf, type Repository } from './repository.js';
import * as schema from './schemas.js';

export const WORKFLOW_RUN = z.strictObject({
  status: schema.name.optional(),
  conclusion: schema.conclusion.optional(),
  workflow_name: schema.name.optional(),
  /** Of the workflow's file, such as `.github/workflows/ci.yml`. */
  workflow_path: schema.name.optional(),
  head_sha: schema.commit.optional(),
  head_branch: schema.name.optional(),
  run_id: schema.integer.optional(),
  run_attempt: schema.integer.optional(),
  run_number: schema.integer.optional(),
  /** What set it off: `push`, `pull_request`, `schedule`... */
  event: schema.name.optional(),
  title: schema.name.optional(),
  /** When it changed last, by GitHub's clock. */
  updated_at: schema.name.optional(),
  actor: schema.name.optional(),
  url: schema.name.optional(),
});

/** The event of a run in the state in which it was observed. */
export function runEvent(run: Members, { repository, ...observed }: Observed): SourceEvent {
  const status = text(run['status']);
  const fields = present({
    status,
    conclusion: conclusionOf(status, run['conclusion']),
    workflow_name: text(run['name']),
    workflow_path: pathOf(run),
    head_sha: sha(run['head_sha']),
    head_branch: text(run['head_branch']),
    run_id: integer(run['id']),
    run_attempt: integer(run['run_attempt']),
    run_number: integer(run['run_number']),
    event: text(run['event']),
    title: text(run['display_title']),
    updated_at: text(run['updated_at']),
    actor: text(object(run['triggering_actor'])['login']) ?? text(object(run['actor'])['login']),
    url: text(run['html_url']),
  });
  const number = fields.run_number === undefined ? '' : ` #${fields.run_number}`;
  const branch = fields.head_branch === undefined ? '' : ` on ${fields.head_branch}`;
  return {
    ...observed,
    ...(repository ?? {}),
    event_type: 'workflow_run',
    delivery_id:
      (hasAttempt(run, observed) ? runKey(run, repository) : null) ?? observed.delivery_id,
    summary: `${fields.workflow_name ?? 'run'}${number}${branch}: ${fields.conclusion ?? status ?? 'unknown'}`,
    fields,
  };
}

/** The workflow's file; the branch that it was taken from may stand behind an at sign. */
export function pathOf(run: Members): string | undefined {
  return text(text(run['path'])?.replace(/@[^@]*$/, ''));
}

/** Names a run in one state, however it was observed; null when it cannot be told from others. */
export function runKey(run: Members, repository: Repository | null): string | null {
  const id = integer(run['id']);
  if (id === undefined || repository === null) return null;
  return `github:run:${nameOf(repository)}:${id}:${runState(run)}`;
}

/** `attempt:status:conclusion`: two observations with the same are one event. */
export function runState(run: Members): string {
  const status = text(run['status']);
  const attempt = integer(run['run_attempt']) ?? 1;
  return `${attempt}:${status ?? ''}:${conclusionOf(status, run['conclusion']) ?? ''}`;
}

export function isOver(run: Members): boolean {
  return run['status'] === 'completed';
}
