/**
 * One run of a workflow on a commit, as an event or a round of its source tells it, and what it says
 * of the commit. Pure.
 */
import type { EventFrame } from './stream.js';

export interface CommitRun {
  /** Names the run among those of the commit. */
  readonly key: string;
  /** null for an event without one, emitted by hand. */
  readonly id: bigint | null;
  readonly attempt: bigint;
  /** `owner/repo`; '' where it is not said. */
  readonly repo: string;
  readonly workflow: string;
  /** Of the workflow's file, such as `.github/workflows/ci.yml`; '' where it is not said. */
  readonly path: string;
  /** What set it off, such as `push`; '' where it is not said. */
  readonly trigger: string;
  readonly status: string;
  readonly conclusion: string;
  /** Seconds since the epoch by GitHub's clock; null where it is not said. */
  readonly changedAt: number | null;
}

/** `open`: it may still end in anything. */
export type Standing = 'open' | 'passed' | 'failed';

const FAILED: ReadonlySet<string> = new Set(['failure', 'cancelled', 'timed_out']);
/** Any other conclusion (action_required, stale) is not an end. */
const PASSED: ReadonlySet<string> = new Set(['success', 'skipped', 'neutral']);

/** Set off by a person or a clock: such a run says nothing of what was pushed. */
const OF_NO_PUSH: ReadonlySet<string> = new Set([
  'branch_protection_rule',
  'delete',
  'discussion',
  'discussion_comment',
  'fork',
  'gollum',
  'issue_comment',
  'issues',
  'label',
  'member',
  'milestone',
  'page_build',
  'project',
  'project_card',
  'project_column',
  'public',
  'pull_request_comment',
  'pull_request_review',
  'pull_request_review_comment',
  'registry_package',
  'release',
  'repository_dispatch',
  'schedule',
  'watch',
  'workflow_dispatch',
]);

export function runOfFrame({ owner, repo, fields }: EventFrame): CommitRun {
  const id = integerOf(fields['run_id']);
  const workflow = textOf(fields['workflow_name']);
  const of = `${owner}/${repo}`;
  return {
    key: keyOf(of, id, workflow),
    id,
    attempt: integerOf(fields['run_attempt']) ?? 1n,
    repo: of,
    workflow,
    path: textOf(fields['workflow_path']),
    trigger: textOf(fields['event']),
    // An event that names a conclusion alone is of what is over.
    status: textOf(fields['status']) || 'completed',
    conclusion: textOf(fields['conclusion']),
    changedAt: secondsOf(fields['updated_at']),
  };
}

/** @returns null for what is no run */
export function runOfRound(repo: string, value: unknown): CommitRun | null {
  const row = (value ?? {}) as Readonly<Record<string, unknown>>;
  const id = integerOf(row['run_id']);
  if (id === null) return null;
  const workflow = textOf(row['workflow_name']);
  return {
    key: keyOf(repo, id, workflow),
    id,
    attempt: integerOf(row['run_attempt']) ?? 1n,
    repo,
    workflow,
    path: textOf(row['workflow_path']),
    trigger: textOf(row['event']),
    status: textOf(row['status']),
    conclusion: textOf(row['conclusion']),
    changedAt: typeof row['updated_at'] === 'number' ? row['updated_at'] : null,
  };
}

/** An event without a run's id is of a run by the name of its workflow. */
function keyOf(repo: string, id: bigint | null, workflow: string): string {
  return JSON.stringify([repo, ...(id === null ? ['name', workflow] : ['id', String(id)])]);
}

/** A run may name the conclusion of the attempt before while it runs again. */
export function standingOf({ status, conclusion }: CommitRun): Standing {
  if (status !== 'completed') return 'open';
  if (FAILED.has(conclusion)) return 'failed';
  return PASSED.has(conclusion) ? 'passed' : 'open';
}

/** Whether an attempt that is known, or a state of it, gives way to this one. */
export function supersedes(next: CommitRun, known: CommitRun): boolean {
  if (next.attempt !== known.attempt) return next.attempt > known.attempt;
  return standingOf(next) !== 'open' || standingOf(known) === 'open';
}

/** Whether a run is of a workflow that is named as people name it: its name, its file, or its path. */
export function isOfWorkflow({ workflow, path }: CommitRun, named: string): boolean {
  return workflow === named || (path !== '' && (path === named || path.endsWith(`/${named}`)));
}

/** Whether a push of the commit caused it, as far as is known. */
export function isOfPush({ trigger }: CommitRun): boolean {
  return !OF_NO_PUSH.has(trigger);
}

/** Whether both are runs of one workflow. */
export function isSameWorkflow(a: CommitRun, b: CommitRun): boolean {
  if (a.repo !== b.repo) return false;
  return a.path !== '' && b.path !== '' ? a.path === b.path : a.workflow === b.workflow;
}

/** `CI (run 123, attempt 2, in_progress)` */
export function lineOf(run: CommitRun): string {
  const particulars = [
    ...(run.id === null ? [] : [`run ${run.id}`]),
    ...(run.attempt > 1n ? [`attempt ${run.attempt}`] : []),
    run.status === 'completed' ? run.conclusion || 'completed' : run.status || 'unknown',
  ];
  return `${run.workflow || 'a workflow'} (${particulars.join(', ')})`;
}

/** A scalar as text; ids may be numbers, bigints, or texts of either. */
function textOf(value: unknown): string {
  return ['string', 'number', 'bigint'].includes(typeof value) ? String(value) : '';
}

function integerOf(value: unknown): bigint | null {
  const text = textOf(value);
  return /^\d{1,19}$/.test(text) ? BigInt(text) : null;
}

function secondsOf(value: unknown): number | null {
  const milliseconds = typeof value === 'string' ? Date.parse(value) : Number.NaN;
  return Number.isNaN(milliseconds) ? null : milliseconds / 1000;
}
