/** The options of `waitbus wait` that say what is waited for, as a goal: pure but for the origin. */
import { parsePredicate } from '@waitbus/kernel/predicate';
import { FIRST_ULID } from '@waitbus/kernel/ulid';
import { SOURCE_NAME } from '@waitbus/plugin-sdk/envelope';
import { isSha, type CommitGoal, type PullsGoal } from '../client/commit-goal.js';
import type { Goal } from '../client/goal.js';
import { parseClause, type Clause, type WaitSpec } from '../client/wait-state.js';
import { originRepo } from '../origin-repo.js';
import { UsageError } from '../terminal/exit.js';
import { timeSpan } from './timeout.js';
import { wholeNumber } from './whole-number.js';

export interface WhatToWaitFor {
  readonly goal: Goal;
  readonly filters: readonly string[] | null;
  /** The repository is that of the checkout's origin. */
  readonly isOfOrigin: boolean;
  /** Where the log counts from; null: not at all. */
  readonly since: string | null;
}

/** The options that say what is waited for. */
export interface GoalOptions {
  readonly source?: readonly string[] | undefined;
  readonly match?: readonly string[] | undefined;
  readonly 'all-of'?: readonly string[] | undefined;
  readonly 'first-of'?: readonly string[] | undefined;
  readonly sha?: string | undefined;
  readonly pr?: readonly string[] | undefined;
  readonly any?: boolean | undefined;
  readonly settle?: string | undefined;
  readonly repo?: string | undefined;
  readonly workflow?: string | undefined;
  readonly count?: string | undefined;
  readonly 'no-verdict'?: boolean | undefined;
}

/** @throws UsageError, or WaitbusError WAITBUS_BAD_PREDICATE that quotes the predicate */
export function whatToWaitFor(options: GoalOptions, cwd: string): WhatToWaitFor {
  const { 'all-of': allOf, 'first-of': firstOf, sha, pr, repo } = options;
  if ((options.source ?? []).length > 1) {
    throw new UsageError('one --source only; for several, give each a --first-of or an --all-of');
  }
  const ways = { '--all-of': allOf, '--first-of': firstOf, '--sha': sha, '--pr': pr };
  const chosen = Object.entries(ways).filter(([, value]) => value !== undefined);
  if (chosen.length > 1)
    throw new UsageError(`${chosen.map(([way]) => way).join(' and ')} exclude each other`);
  if (options.any !== undefined && pr === undefined) throw new UsageError('--any goes with --pr');
  const filters = repo === undefined ? null : [repoFilter(repo)];
  if (sha !== undefined || pr !== undefined) {
    const goal = sha === undefined ? pullsGoal(pr ?? [], options) : commitGoal(sha, options);
    const since = goal.mode === 'commit' ? FIRST_ULID : null;
    const isOfOrigin = filters === null;
    return { goal, filters: filters ?? originFilter(cwd, goal), isOfOrigin, since };
  }
  for (const name of ['workflow', 'settle'] as const) {
    if (options[name] !== undefined) throw new UsageError(`--${name} goes with --sha or --pr`);
  }
  return { goal: clausesGoal(options), filters, isOfOrigin: false, since: null };
}

function commitGoal(sha: string, options: GoalOptions): CommitGoal {
  if (!isSha(sha)) throw new UsageError(`--sha ${sha} is not 7 to 40 hex digits`);
  return { mode: 'commit', sha, ...verdictRules('--sha', options) };
}

function pullsGoal(texts: readonly string[], options: GoalOptions): PullsGoal {
  const numbers = texts.map((text) => wholeNumber('--pr', text.replace(/^#/, ''), 1));
  const any = options.any === true;
  return { mode: 'pulls', numbers: [...new Set(numbers)], any, ...verdictRules('--pr', options) };
}

function verdictRules(way: string, options: GoalOptions) {
  const { workflow = null, settle, match, count } = options;
  const [source = 'github'] = options.source ?? [];
  if (source !== 'github' || match !== undefined || count !== undefined) {
    throw new UsageError(
      `${way} waits for runs of source github: leave out --source, --match, --count`,
    );
  }
  return { workflow, settleMs: settle === undefined ? undefined : timeSpan('--settle', settle) };
}

function clausesGoal(options: GoalOptions): WaitSpec {
  const { 'all-of': allOf, 'first-of': firstOf, match } = options;
  const [source] = options.source ?? [];
  const count = options.count === undefined ? 1 : wholeNumber('--count', options.count, 1);
  const judged = options['no-verdict'] !== true;
  if (allOf === undefined && firstOf === undefined) {
    return { mode: 'first', clauses: [plainClause(source, match)], count, judged };
  }
  if (source !== undefined || match !== undefined) {
    throw new UsageError(
      'a clause names its source and predicate itself: leave out --source and --match',
    );
  }
  if (allOf !== undefined && count !== 1)
    throw new UsageError('--count goes with --match or --first-of');
  const mode = allOf === undefined ? 'first' : 'all';
  return { mode, clauses: (allOf ?? firstOf ?? []).map(parseClause), count, judged };
}

function plainClause(source: string | undefined, match: readonly string[] | undefined): Clause {
  if (source === undefined && match === undefined) {
    throw new UsageError(
      'say what to wait for: --source, --match, --all-of, --first-of, --sha or --pr',
    );
  }
  if (source !== undefined && !SOURCE_NAME.test(source)) {
    throw new UsageError(`--source ${source} is not a source name`);
  }
  const predicates = match ?? [];
  parsePredicate(predicates);
  const parts = [
    ...(source === undefined ? [] : [`--source ${source}`]),
    ...predicates.map((p) => `--match '${p}'`),
  ];
  return { text: parts.join(' '), source: source ?? null, predicates };
}

function repoFilter(repo: string): string {
  if (/^[A-Za-z0-9_.-]+\/([A-Za-z0-9_.-]+|\*)$/.test(repo)) return repo;
  throw new UsageError(`--repo ${repo} is not owner/repo or owner/*`);
}

function originFilter(cwd: string, { mode }: CommitGoal | PullsGoal): readonly string[] {
  const repo = originRepo(cwd);
  if (repo !== null) return [repo];
  const way = mode === 'commit' ? '--sha' : '--pr';
  throw new UsageError(`${way} needs --repo owner/repo: this directory has no GitHub origin`);
}
