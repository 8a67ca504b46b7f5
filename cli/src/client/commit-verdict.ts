/**
 * When the runs of a commit are a verdict, pure but for the clock that it is given. A verdict is of
 * facts that were asked for after the wait began: a whole round, or a log that deliveries keep whole.
 * Where neither can be had it is the log's, and says so.
 */
import type { Standing } from './commit-run.js';
import { CommitRuns, PHASE, type Phase } from './commit-runs.js';
import type { RoundNote } from './round-note.js';
import type { EventFrame } from './stream.js';

export interface VerdictRules {
  /** Only runs of this workflow, by its name or file; null: all that a push caused. */
  readonly workflow: string | null;
  /** A success counts once nothing has changed for so long, in milliseconds. */
  readonly settleMs: number;
  /** Milliseconds since the epoch. */
  readonly now: () => number;
}

type Basis =
  | { readonly kind: 'round'; readonly askedAt: number }
  | { readonly kind: 'heard' }
  | { readonly kind: 'log'; readonly why: string };

export class CommitVerdict {
  readonly runs: CommitRuns;
  readonly #rules: VerdictRules;
  #basis: Basis | null = null;
  /** An event told of a change that the last round does not have. */
  #moved = false;
  /** When the last round came, in milliseconds since the epoch. */
  #toldAt = 0;
  /** When what the wait is to do was done; null: it is not, or there is nothing. */
  #doneAt: number | null = null;

  constructor(rules: VerdictRules) {
    this.#rules = rules;
    this.runs = new CommitRuns(rules.workflow);
  }

  take(frame: EventFrame): void {
    this.runs.take(frame);
    this.#moved = true;
  }

  note(note: RoundNote): void {
    if (note.kind === 'heard') this.#basis = note;
    else if (note.kind === 'none') this.theLog(note.why);
    else {
      this.runs.confirm(note.runs);
      for (const sha of note.shas) this.runs.seeSha(sha);
      this.#basis = note;
      this.#moved = false;
      this.#toldAt = this.#rules.now();
    }
  }

  /** Only the log can be had. */
  theLog(why: string): void {
    this.#basis = { kind: 'log', why };
  }

  /** What is known was asked for too early. */
  renew(): void {
    this.#basis = null;
  }

  /** What the wait is to do begins. */
  begin(): void {
    this.runs.enter(PHASE.during);
  }

  /** It is done: what the log told before is of another state of things. */
  end(): void {
    this.runs.enter(PHASE.after);
    this.#doneAt = this.#rules.now();
    this.renew();
  }

  /** Whether there is something to decide by. */
  get isInformed(): boolean {
    return this.#basis !== null;
  }

  /** A failure at once; a success when nothing has changed for the settling time. */
  get outcome(): 'success' | 'failure' | null {
    const standing = this.#standing;
    if (this.#basis === null || standing === null || standing === 'open') return null;
    if (standing === 'failed' && this.#isNews) return 'failure';
    if (!this.#isSettled(this.#basis)) return null;
    return standing === 'failed' ? 'failure' : 'success';
  }

  /** When it is to be looked at again, if nothing is said until then; null: it need not be. */
  get settlesAt(): number | null {
    const isOver = ['passed', 'failed'].includes(this.#standing ?? '');
    return this.#basis?.kind === 'heard' && isOver ? this.#heardSettlesAt : null;
  }

  /** What the verdict is of, where it is not of all the facts; null: there is none, or it is. */
  get caveat(): string | null {
    if (this.#basis?.kind !== 'log' || this.outcome === null) return null;
    const knownAt = Math.max(this.runs.receivedAt, this.#toldAt);
    const age = Math.max(0, Math.round((this.#rules.now() - knownAt) / 1000));
    return `this is the log's verdict, ${age} s old: ${this.#basis.why}`;
  }

  /** It is over, but may not have been for long enough. */
  get isSettling(): boolean {
    const isOver = ['passed', 'failed'].includes(this.#standing ?? '');
    return this.#basis !== null && isOver && this.outcome === null;
  }

  /** Why what is known does not count, and what would; null: nothing is known against it. */
  get lacks(): string | null {
    if (this.#basis === null) return 'GitHub is being asked';
    if (this.outcome !== null || this.#basis.kind === 'round') return null;
    const isOld = this.#standing === null && this.runs.lines.length > 0;
    const old = isOld ? ['from before what this wait did; nothing newer is known'] : [];
    const why = this.#basis.kind === 'log' ? [this.#basis.why] : [];
    return [...old, ...why].join(': ') || null;
  }

  get #standing(): Standing | null {
    return this.runs.standingSince(this.#since);
  }

  /**
   * From when on what is known may decide. A round was asked for after all that was done; where all is
   * heard of, what was done would have been heard of by the time that a success has settled.
   */
  get #since(): Phase {
    const isWhole = this.#basis?.kind === 'round' || this.#basis?.kind === 'heard';
    return this.#doneAt === null || isWhole ? PHASE.before : PHASE.after;
  }

  /** Whether nothing that was done can have changed it meanwhile. */
  get #isNews(): boolean {
    if (this.#doneAt === null || this.#basis?.kind !== 'heard') return true;
    return this.runs.standingSince(PHASE.after) === 'failed';
  }

  get #heardSettlesAt(): number {
    return Math.max(this.runs.receivedAt, this.#doneAt ?? 0) + this.#rules.settleMs;
  }

  #isSettled(basis: Basis): boolean {
    const { settleMs, now } = this.#rules;
    switch (basis.kind) {
      case 'log':
        return true;
      case 'heard':
        return now() >= this.#heardSettlesAt;
      case 'round': {
        const { changedAt } = this.runs;
        if (settleMs === 0) return true;
        if (this.#moved || changedAt === null) return false;
        return (basis.askedAt - changedAt) * 1000 >= settleMs;
      }
    }
  }
}
