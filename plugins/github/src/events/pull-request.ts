/** A pull request was opened, pushed to, merged..., from a webhook, as an event. Pure. */
import type { SourceEvent } from '@waitbus/plugin-sdk';
import { z } from 'zod';
import { flag, integer, object, present, sha, text, type Members } from './members.js';
import type { Observed } from './observed.js';
import { senderOf } from './repository.js';
import * as schema from './schemas.js';

export const PULL_REQUEST = z.strictObject({
  action: schema.name.optional(),
  /** `open` or `closed`. */
  status: schema.name.optional(),
  number: schema.integer.optional(),
  title: schema.name.optional(),
  merged: z.boolean().optional(),
  draft: z.boolean().optional(),
  head_sha: schema.commit.optional(),
  head_branch: schema.name.optional(),
  base_branch: schema.name.optional(),
  author: schema.name.optional(),
  actor: schema.name.optional(),
  url: schema.name.optional(),
});

export function pullRequestEvent(
  payload: Members,
  { repository, ...observed }: Observed,
): SourceEvent {
  const pull = object(payload['pull_request']);
  const head = object(pull['head']);
  const fields = present({
    action: text(payload['action']),
    status: text(pull['state']),
    number: integer(pull['number']) ?? integer(payload['number']),
    title: text(pull['title']),
    merged: flag(pull['merged']),
    draft: flag(pull['draft']),
    head_sha: sha(head['sha']),
    head_branch: text(head['ref']),
    base_branch: text(object(pull['base'])['ref']),
    author: text(object(pull['user'])['login']),
    actor: senderOf(payload),
    url: text(pull['html_url']),
  });
  const done = fields.action === 'closed' && fields.merged === true ? 'merged' : fields.action;
  const title = fields.title === undefined ? '' : `: ${fields.title}`;
  return {
    ...observed,
    ...(repository ?? {}),
    event_type: 'pull_request',
    summary: `pull request #${fields.number ?? '?'} ${done ?? 'changed'}${title}`,
    fields,
  };
}
