/** How a deployment stands, from a webhook, as an event. Pure. */
import type { Conclusion, SourceEvent } from '@waitbus/plugin-sdk';
import { z } from 'zod';
import { integer, object, present, sha, text, type Members } from './members.js';
import type { Observed } from './observed.js';
import { senderOf } from './repository.js';
import * as schema from './schemas.js';

export const DEPLOYMENT_STATUS = z.strictObject({
  /** `completed` once there is a conclusion, else GitHub's state. */
  status: schema.name.optional(),
  conclusion: schema.conclusion.optional(),
  /** As GitHub says it: `success`, `failure`, `error`, `in_progress`, `inactive`... */
  state: schema.name.optional(),
  environment: schema.name.optional(),
  workflow_name: schema.name.optional(),
  run_id: schema.integer.optional(),
  head_sha: schema.commit.optional(),
  ref: schema.name.optional(),
  deployment_id: schema.integer.optional(),
  actor: schema.name.optional(),
  url: schema.name.optional(),
});

const CONCLUSION_OF: ReadonlyMap<string, Conclusion> = new Map([
  ['success', 'success'],
  ['failure', 'failure'],
  ['error', 'failure'],
]);

export function deploymentStatusEvent(
  payload: Members,
  { repository, ...observed }: Observed,
): SourceEvent {
  const given = object(payload['deployment_status']);
  const deployment = object(payload['deployment']);
  const run = object(payload['workflow_run']);
  const state = text(given['state']);
  const conclusion = CONCLUSION_OF.get(state ?? '');
  const fields = present({
    status: conclusion === undefined ? state : 'completed',
    conclusion,
    state,
    environment: text(given['environment']) ?? text(deployment['environment']),
    workflow_name: text(run['name']),
    run_id: integer(run['id']),
    head_sha: sha(deployment['sha']),
    ref: text(deployment['ref']),
    deployment_id: integer(deployment['id']),
    actor: text(object(given['creator'])['login']) ?? senderOf(payload),
    url: text(given['target_url']) ?? text(given['environment_url']),
  });
  return {
    ...observed,
    ...(repository ?? {}),
    event_type: 'deployment_status',
    summary: `deployment of ${fields.ref ?? 'a ref'} to ${fields.environment ?? '?'}: ${state ?? 'unknown'}`,
    fields,
  };
}
