/** A branch or tag was pushed, created or deleted, from a webhook, as an event. Pure. */
import type { SourceEvent } from '@waitbus/plugin-sdk';
import { z } from 'zod';
import { flag, list, object, present, sha, text, type Members } from './members.js';
import type { Observed } from './observed.js';
import { senderOf } from './repository.js';
import * as schema from './schemas.js';

export const PUSH = z.strictObject({
  ref: schema.name.optional(),
  head_branch: schema.name.optional(),
  tag: schema.name.optional(),
  /** Absent when the ref was deleted. */
  head_sha: schema.commit.optional(),
  /** Absent when the ref was created. */
  before_sha: schema.commit.optional(),
  commits: z.int(),
  created: z.boolean().optional(),
  deleted: z.boolean().optional(),
  forced: z.boolean().optional(),
  actor: schema.name.optional(),
  url: schema.name.optional(),
});

export function pushEvent(payload: Members, { repository, ...observed }: Observed): SourceEvent {
  const ref = text(payload['ref']);
  const commits = list(payload['commits']).length;
  const fields = present({
    ref,
    head_branch: text(/^refs\/heads\/(.+)$/s.exec(ref ?? '')?.[1]),
    tag: text(/^refs\/tags\/(.+)$/s.exec(ref ?? '')?.[1]),
    head_sha: sha(payload['after']),
    before_sha: sha(payload['before']),
    commits,
    created: flag(payload['created']),
    deleted: flag(payload['deleted']),
    forced: flag(payload['forced']),
    actor: text(object(payload['pusher'])['name']) ?? senderOf(payload),
    url: text(payload['compare']),
  });
  const place = fields.head_branch ?? fields.tag ?? ref ?? 'a ref';
  const many = `${commits} commit${commits === 1 ? '' : 's'}`;
  const what = fields.deleted === true ? `deleted ${place}` : `pushed ${many} to ${place}`;
  return {
    ...observed,
    ...(repository ?? {}),
    event_type: 'push',
    summary: `${fields.actor ?? 'somebody'} ${what}`,
    fields,
  };
}
