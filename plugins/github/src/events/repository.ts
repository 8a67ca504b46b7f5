/** Whose repository something is about, and who did it. Pure. */
import { object, text, type Members } from './members.js';

export interface Repository {
  readonly owner: string;
  readonly repo: string;
}

/** The name as GitHub writes it; null when the payload is about none. */
export function repositoryOf(payload: Members): Repository | null {
  const repository = object(payload['repository']);
  const [fullOwner = '', fullName = ''] = (text(repository['full_name']) ?? '').split('/');
  const owner = fullOwner === '' ? text(object(repository['owner'])['login']) : fullOwner;
  const repo = fullName === '' ? text(repository['name']) : fullName;
  if (owner === undefined || repo === undefined) return null;
  return { owner, repo };
}

export function nameOf({ owner, repo }: Repository): string {
  return `${owner}/${repo}`;
}

/** The login of whoever a payload says did it. */
export function senderOf(payload: Members): string | undefined {
  return text(object(payload['sender'])['login']);
}
