/** Whose verdicts somebody waits for, from what a waiter asks for. Pure. */
import type { Waiter } from '@waitbus/plugin-sdk';
import { REPOSITORY } from '../config.js';
import { nameOf, type Repository } from '../events/repository.js';

export interface Commit extends Repository {
  /** Lower case, and maybe only its beginning. */
  readonly sha: string;
}

export interface Pull extends Repository {
  readonly number: number;
}

export interface Targets {
  readonly commits: readonly Commit[];
  readonly pulls: readonly Pull[];
  /** An event of a job may be what it waits for. */
  readonly wantsJobs: boolean;
  /** It names a commit or a pull request, and no repository by its whole name. */
  readonly isAnywhere: boolean;
}

type Conjunction = Waiter['anyOf'][number];

const SHA = /^[0-9a-f]{7,40}$/;

/** Of the repositories that a waiter names; `owner/*` and all of them name none. */
export function targetsOf({ filters, anyOf }: Pick<Waiter, 'filters' | 'anyOf'>): Targets {
  const own = anyOf.filter(isOwn);
  const shas = [...new Set(own.flatMap(shasOf))];
  const numbers = [...new Set(own.flatMap(pullsOf))];
  const repositories = filters.filter((one) => REPOSITORY.test(one)).map(repositoryOf);
  return {
    commits: repositories.flatMap((of) => shas.map((sha) => ({ ...of, sha }))),
    pulls: repositories.flatMap((of) => numbers.map((number) => ({ ...of, number }))),
    wantsJobs: own.some((one) => shasOf(one).length > 0 && mayBeJob(one)),
    isAnywhere: repositories.length === 0 && shas.length + numbers.length > 0,
  };
}

export function commitKey(commit: Commit): string {
  return `${nameOf(commit)}@${commit.sha}`;
}

export function pullKey(pull: Pull): string {
  return `${nameOf(pull)}#${pull.number}`;
}

function repositoryOf(name: string): Repository {
  const [owner = '', repo = ''] = name.split('/');
  return { owner, repo };
}

function isOwn(conjunction: Conjunction): boolean {
  return !conjunction.some(
    ({ key, op, value }) => /^(fields\.)?source$/.test(key) && op === '=' && value !== 'github',
  );
}

function shasOf(conjunction: Conjunction): string[] {
  return conjunction.flatMap(({ key, op, value }) => {
    if (key !== 'fields.head_sha' || (op !== '=' && op !== '^=')) return [];
    return typeof value === 'string' && SHA.test(value) ? [value] : [];
  });
}

function pullsOf(conjunction: Conjunction): number[] {
  if (!typesOf(conjunction).includes('pull_request')) return [];
  return conjunction.flatMap(({ key, op, value }) => {
    if (key !== 'fields.number' || op !== '=') return [];
    return typeof value === 'number' && Number.isSafeInteger(value) && value > 0 ? [value] : [];
  });
}

function mayBeJob(conjunction: Conjunction): boolean {
  const types = typesOf(conjunction);
  return types.length === 0 || types.includes('workflow_job');
}

function typesOf(conjunction: Conjunction): unknown[] {
  return conjunction.flatMap(({ key, op, value }) =>
    /^(fields\.)?event_type$/.test(key) && op === '=' ? [value] : [],
  );
}
