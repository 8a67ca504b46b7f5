/** A suite of checks of a commit, from a webhook, as an event. Pure. */
import type { SourceEvent } from '@waitbus/plugin-sdk';
import { z } from 'zod';
import { conclusionOf } from './conclusion.js';
import { integer, object, present, sha, text, type Members } from './members.js';
import type { Observed } from './observed.js';
import { senderOf } from './repository.js';
import * as schema from './schemas.js';

export const CHECK_SUITE = z.strictObject({
  action: schema.name.optional(),
  status: schema.name.optional(),
  conclusion: schema.conclusion.optional(),
  head_sha: schema.commit.optional(),
  head_branch: schema.name.optional(),
  check_suite_id: schema.integer.optional(),
  app: schema.name.optional(),
  actor: schema.name.optional(),
});

export function checkSuiteEvent(
  payload: Members,
  { repository, ...observed }: Observed,
): SourceEvent {
  const suite = object(payload['check_suite']);
  const app = object(suite['app']);
  const status = text(suite['status']);
  const fields = present({
    action: text(payload['action']),
    status,
    conclusion: conclusionOf(status, suite['conclusion']),
    head_sha: sha(suite['head_sha']),
    head_branch: text(suite['head_branch']),
    check_suite_id: integer(suite['id']),
    app: text(app['slug']) ?? text(app['name']),
    actor: senderOf(payload),
  });
  const of = fields.head_branch ?? fields.head_sha?.slice(0, 7) ?? 'a commit';
  return {
    ...observed,
    ...(repository ?? {}),
    event_type: 'check_suite',
    summary: `checks of ${fields.app ?? 'an app'} for ${of}: ${fields.conclusion ?? status ?? fields.action ?? 'unknown'}`,
    fields,
  };
}
