/**
 * The runs of a commit as events and rounds tell them, and which of them count. Pure. Events may come
 * late, twice and in any order: an attempt that is over stays so, and only a later attempt opens its
 * run again. A round says what there is: what it does not name is no more.
 */
import {
  isOfPush,
  isOfWorkflow,
  isSameWorkflow,
  lineOf,
  runOfFrame,
  standingOf,
  supersedes,
  type CommitRun,
  type Standing,
} from './commit-run.js';
import type { EventFrame } from './stream.js';

interface Known {
  readonly run: CommitRun;
  /** The last event that says so; null where only a round does. */
  readonly frame: EventFrame | null;
  /** In which phase of the wait it was first known to stand so. */
  readonly phase: Phase;
}

/** Before what the wait is to do was begun, while it was done, and once it was done. */
export const PHASE = { before: 0, during: 1, after: 2 } as const;
export type Phase = (typeof PHASE)[keyof typeof PHASE];

export class CommitRuns {
  readonly #workflow: string | null;
  #known = new Map<string, Known>();
  readonly #shas = new Set<string>();
  /** Kept until something changes. */
  #counted: readonly Known[] | null = null;
  #phase: Phase = PHASE.before;

  /** @param workflow only runs of the workflow of this name or file count; null: all of a push */
  constructor(workflow: string | null = null) {
    this.#workflow = workflow;
  }

  take(frame: EventFrame): void {
    const { head_sha: sha } = frame.fields;
    if (typeof sha === 'string') this.#shas.add(sha);
    const run = runOfFrame(frame);
    const known = this.#known.get(run.key);
    if (known !== undefined && !supersedes(run, known.run)) return;
    // An event may say less of the workflow than was known before.
    const { path, trigger } = known?.run ?? run;
    this.#set(run.key, {
      run: { ...run, path: run.path || path, trigger: run.trigger || trigger },
      frame,
      phase: this.#phaseOf(run, known),
    });
  }

  /** What comes from now on is of this phase. */
  enter(phase: Phase): void {
    this.#phase = phase;
  }

  /** What there is of the commit, whatever was known before. */
  confirm(runs: readonly CommitRun[]): void {
    const before = this.#known;
    this.#known = new Map(
      runs.map((run) => {
        const known = before.get(run.key);
        const frame = known?.frame ?? null;
        const isSame = frame !== null && isSameState(runOfFrame(frame), run);
        // A round that was asked for once all was done makes it a fact of that time.
        const phase = this.#phase === PHASE.after ? PHASE.after : this.#phaseOf(run, known);
        return [run.key, { run, frame: isSame ? frame : null, phase }];
      }),
    );
    this.#counted = null;
  }

  /** A commit's full name that an event was of. */
  seeSha(sha: string): void {
    this.#shas.add(sha);
  }

  /** Every one of them. */
  get shas(): readonly string[] {
    return [...this.#shas].sort();
  }

  /**
   * What the runs that count say together, by what became known in this phase or later; null while
   * there are none, and where one of them is only known from before.
   */
  standingSince(since: Phase): Standing | null {
    const counted = this.#count();
    const recent = counted.filter(({ phase }) => phase >= since);
    if (recent.some(({ run }) => standingOf(run) === 'failed')) return 'failed';
    if (counted.some(({ run }) => standingOf(run) === 'open')) return 'open';
    return counted.length > 0 && recent.length === counted.length ? 'passed' : null;
  }

  /** What they say together, whenever it became known. */
  get standing(): Standing | null {
    return this.standingSince(PHASE.before);
  }

  /** The last event of each run that counts, in the order of the log. */
  get frames(): readonly EventFrame[] {
    const frames = this.#count().flatMap(({ frame }) => frame ?? []);
    return frames.sort((a, b) => (a.event_id < b.event_id ? -1 : 1));
  }

  /** When the last of them changed, in seconds since the epoch by GitHub's clock; null: not known. */
  get changedAt(): number | null {
    const times = this.#count().map(({ run }) => run.changedAt);
    return times.includes(null) ? null : Math.max(0, ...times.map(Number));
  }

  /** When the last event that counts was received, in milliseconds since the epoch. */
  get receivedAt(): number {
    return Math.max(0, ...this.frames.map((frame) => Number(frame.received_at / 1_000_000n)));
  }

  /** The runs that count and are not over, one line each, for people. */
  get open(): readonly string[] {
    const open = this.#count().filter(({ run }) => standingOf(run) === 'open');
    return open.map(({ run }) => lineOf(run));
  }

  /** All that count, in the same way. */
  get lines(): readonly string[] {
    return this.#count().map(({ run }) => lineOf(run));
  }

  /** Those that no push caused, when they are all there is. */
  get others(): readonly string[] {
    if (this.#workflow !== null || this.#count().length > 0) return [];
    return [...this.#known.values()].map(({ run }) => lineOf(run));
  }

  /** News that say nothing new are as old as what was known. */
  #phaseOf(run: CommitRun, known: Known | undefined): Phase {
    return known !== undefined && isSameState(known.run, run) ? known.phase : this.#phase;
  }

  #set(key: string, known: Known): void {
    this.#known.set(key, known);
    this.#counted = null;
  }

  #count(): readonly Known[] {
    this.#counted ??= this.#newest();
    return this.#counted;
  }

  /**
   * Of each workflow the newest run that was set off in the same way; a run that was cancelled gives
   * way to any newer one of its workflow, which took its place.
   */
  #newest(): readonly Known[] {
    const named = this.#workflow;
    const asked = [...this.#known.values()].filter(({ run }) =>
      named === null ? isOfPush(run) : isOfWorkflow(run, named),
    );
    const byName = new Map<string, { readonly run: CommitRun; readonly at: number }[]>();
    for (const [at, { run }] of asked.entries()) {
      const runs = byName.get(run.workflow) ?? [];
      runs.push({ run, at });
      byName.set(run.workflow, runs);
    }
    return asked.filter(({ run }, at) => {
      const others = byName.get(run.workflow) ?? [];
      return !others.some((other) => replaces(other, { run, at }));
    });
  }
}

interface Placed {
  readonly run: CommitRun;
  /** Its place in the order in which they became known. */
  readonly at: number;
}

function replaces(newer: Placed, { run, at }: Placed): boolean {
  if (!isSameWorkflow(newer.run, run) || !isNewer(newer, { run, at })) return false;
  return newer.run.trigger === run.trigger || run.conclusion === 'cancelled';
}

/** GitHub counts runs up; those without an id, emitted by hand, by when they became known. */
function isNewer(a: Placed, b: Placed): boolean {
  if (a.run.id !== null && b.run.id !== null) return a.run.id > b.run.id;
  return a.at > b.at;
}

function isSameState(a: CommitRun, b: CommitRun): boolean {
  return a.attempt === b.attempt && a.status === b.status && a.conclusion === b.conclusion;
}
