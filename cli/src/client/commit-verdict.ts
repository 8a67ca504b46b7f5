/**
 * When the runs of a commit are a verdict, pure but for the clock that it is given. A verdict is of
 * facts that were asked for after the wait began: a whole round, or a log that deliveries keep whole.
 * Where neither can be had it is the log's, and says so.
 */
import { CommitRuns } from './commit-runs.js';
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

  /** Whether there is something to decide by. */
  get isInformed(): boolean {
    return this.#basis !== null;
  }

  /** A failure at once; a success when nothing has changed for the settling time. */
  get outcome(): 'success' | 'failure' | null {
    const { standing } = this.runs;
    if (this.#basis === null || standing === null || standing === 'open') return null;
    if (standing === 'failed') return 'failure';
    return this.#isSettled(this.#basis) ? 'success' : null;
  }

  /** When it is to be looked at again, if nothing is said until then; null: it need not be. */
  get settlesAt(): number | null {
    const isWaiting = this.#basis?.kind === 'heard' && this.runs.standing === 'passed';
    return isWaiting ? this.runs.receivedAt + this.#rules.settleMs : null;
  }

  /** What the verdict is of, where it is not of all the facts. */
  get caveat(): string | null {
    if (this.#basis?.kind !== 'log') return null;
    const age = Math.max(0, Math.round((this.#rules.now() - this.runs.receivedAt) / 1000));
    return `this is the log's verdict, ${age} s old: ${this.#basis.why}`;
  }

  /** It is over, but may not have been for long enough. */
  get isSettling(): boolean {
    return this.#basis !== null && this.runs.standing === 'passed' && this.outcome === null;
  }

  #isSettled(basis: Basis): boolean {
    const { settleMs, now } = this.#rules;
    switch (basis.kind) {
      case 'log':
        return true;
      case 'heard':
        return now() >= this.runs.receivedAt + settleMs;
      case 'round': {
        const { changedAt } = this.runs;
        if (settleMs === 0) return true;
        if (this.#moved || changedAt === null) return false;
        return (basis.askedAt - changedAt) * 1000 >= settleMs;
      }
    }
  }
}
