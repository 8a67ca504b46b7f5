/** Which commits somebody waits for, from what the waiters asked for. Pure. */
import type { Waiter } from '@waitbus/plugin-sdk';
import { REPOSITORY } from '../config.js';
import { nameOf, type Repository } from '../events/repository.js';

export interface Commit extends Repository {
  /** Lower case, and maybe only its beginning. */
  readonly sha: string;
}

const SHA = /^[0-9a-f]{7,40}$/;

/** Of the repositories that a waiter names; `owner/*` and all of them name none. */
export function commitsOf(waiters: readonly Waiter[]): readonly Commit[] {
  const found = new Map<string, Commit>();
  for (const { filters, anyOf } of waiters) {
    const shas = new Set(anyOf.flatMap(shasOf));
    for (const filter of filters.filter((one) => REPOSITORY.test(one))) {
      const [owner = '', repo = ''] = filter.split('/');
      for (const sha of shas) found.set(commitKey({ owner, repo, sha }), { owner, repo, sha });
    }
  }
  return [...found.values()];
}

export function commitKey(commit: Commit): string {
  return `${nameOf(commit)}@${commit.sha}`;
}

function shasOf(conjunction: Waiter['anyOf'][number]): string[] {
  const elsewhere = conjunction.some(
    ({ key, op, value }) => /^(fields\.)?source$/.test(key) && op === '=' && value !== 'github',
  );
  if (elsewhere) return [];
  return conjunction.flatMap(({ key, op, value }) => {
    if (key !== 'fields.head_sha' || (op !== '=' && op !== '^=')) return [];
    return typeof value === 'string' && SHA.test(value) ? [value] : [];
  });
}
