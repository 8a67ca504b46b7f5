/** A release was published, edited, deleted..., from a webhook, as an event. Pure. */
import type { SourceEvent } from '@waitbus/plugin-sdk';
import { z } from 'zod';
import { flag, integer, object, present, text, type Members } from './members.js';
import type { Observed } from './observed.js';
import { senderOf } from './repository.js';
import * as schema from './schemas.js';

export const RELEASE = z.strictObject({
  action: schema.name.optional(),
  tag: schema.name.optional(),
  /** The branch or commit that the tag is, or was, to be made from. */
  target: schema.name.optional(),
  title: schema.name.optional(),
  release_id: schema.integer.optional(),
  draft: z.boolean().optional(),
  prerelease: z.boolean().optional(),
  actor: schema.name.optional(),
  url: schema.name.optional(),
});

export function releaseEvent(payload: Members, { repository, ...observed }: Observed): SourceEvent {
  const release = object(payload['release']);
  const fields = present({
    action: text(payload['action']),
    tag: text(release['tag_name']),
    target: text(release['target_commitish']),
    title: text(release['name']),
    release_id: integer(release['id']),
    draft: flag(release['draft']),
    prerelease: flag(release['prerelease']),
    actor: senderOf(payload),
    url: text(release['html_url']),
  });
  return {
    ...observed,
    ...(repository ?? {}),
    event_type: 'release',
    summary: `release ${fields.tag ?? fields.title ?? '?'} ${fields.action ?? 'changed'}`,
    fields,
  };
}
