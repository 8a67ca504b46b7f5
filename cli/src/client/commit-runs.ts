/**
 * The CI runs of a commit as their events tell them, pure: which there are, which are over, and what
 * the verdict is. Events may come late, twice and in any order; an attempt that is over stays so, and
 * only a later attempt opens its run again.
 */
import type { EventFrame } from './stream.js';

/** Over, with something to say about the commit. */
const VERDICTS: ReadonlySet<unknown> = new Set(['success', 'failure', 'cancelled', 'timed_out']);
/** Over, and no verdict by itself. Any other conclusion (action_required, stale) is not over. */
const PASSED_OVER: ReadonlySet<unknown> = new Set(['skipped', 'neutral']);

interface Run {
  readonly attempt: bigint;
  readonly isOver: boolean;
  /** What says so: the last event that counted. */
  readonly frame: EventFrame;
}

export class CommitRuns {
  readonly #runs = new Map<string, Run>();
  readonly #shas = new Set<string>();

  take(frame: EventFrame): void {
    const { head_sha: sha } = frame.fields;
    if (typeof sha === 'string') this.#shas.add(sha);
    const key = keyOf(frame);
    const known = this.#runs.get(key);
    const next = { attempt: attemptOf(frame), isOver: isOver(frame), frame };
    if (known !== undefined && !supersedes(next, known)) return;
    this.#runs.set(key, next);
  }

  /** Every full SHA that an event was of. */
  get shas(): readonly string[] {
    return [...this.#shas].sort();
  }

  /** Whether every run that is known is over, and at least one of them has a verdict. */
  get isDecided(): boolean {
    const runs = [...this.#runs.values()];
    return runs.every((run) => run.isOver) && runs.some(({ frame }) => hasVerdict(frame));
  }

  /** The last event of each run, in the order of the log. */
  get frames(): readonly EventFrame[] {
    const frames = [...this.#runs.values()].map(({ frame }) => frame);
    return frames.sort((a, b) => (a.event_id < b.event_id ? -1 : 1));
  }

  /** The runs that are not over, one line each, for people. */
  get open(): readonly string[] {
    return this.#lines((run) => !run.isOver);
  }

  /** All of them, in the same way. */
  get lines(): readonly string[] {
    return this.#lines(() => true);
  }

  #lines(which: (run: Run) => boolean): string[] {
    return [...this.#runs.values()].filter(which).map(({ frame }) => lineOf(frame));
  }
}

/** An event without a run's id, emitted by hand, is of a run by the name of its workflow. */
function keyOf({ owner, repo, fields }: EventFrame): string {
  const { run_id: id, workflow_name: name } = fields;
  const of = id === undefined || id === null ? ['name', text(name)] : ['id', text(id)];
  return JSON.stringify([owner, repo, ...of]);
}

function attemptOf({ fields: { run_attempt: attempt } }: EventFrame): bigint {
  return /^\d{1,18}$/.test(text(attempt)) ? BigInt(text(attempt)) : 1n;
}

function supersedes(next: Run, known: Run): boolean {
  if (next.attempt !== known.attempt) return next.attempt > known.attempt;
  return next.isOver || !known.isOver;
}

function hasVerdict(frame: EventFrame): boolean {
  return isCompleted(frame) && VERDICTS.has(frame.fields['conclusion']);
}

function isOver(frame: EventFrame): boolean {
  return hasVerdict(frame) || (isCompleted(frame) && PASSED_OVER.has(frame.fields['conclusion']));
}

/** A run may name the conclusion of the attempt before while it runs again. */
function isCompleted({ fields: { status } }: EventFrame): boolean {
  return status === undefined || status === null || status === 'completed';
}

/** `CI (run 123, attempt 2, in_progress)` */
function lineOf(frame: EventFrame): string {
  const { workflow_name: name, run_id: id, status, conclusion } = frame.fields;
  const attempt = attemptOf(frame);
  const particulars = [
    ...(id === undefined || id === null ? [] : [`run ${text(id)}`]),
    ...(attempt > 1n ? [`attempt ${attempt}`] : []),
    isCompleted(frame) ? text(conclusion) || 'completed' : text(status),
  ];
  return `${text(name) || 'a workflow'} (${particulars.join(', ')})`;
}

/** A scalar as text; ids may be numbers, bigints, or texts of either. */
function text(value: unknown): string {
  return ['string', 'number', 'bigint'].includes(typeof value) ? String(value) : '';
}
