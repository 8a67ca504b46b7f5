/**
 * The state of a wait on a verdict of CI, of a commit or of pull requests: what is known of each, and
 * whether it decides. Pure but for the clock that it is given.
 */
import { WaitbusError } from '@waitbus/plugin-sdk/envelope';
import { namesOf, SOURCE, type CommitGoal, type PullsGoal } from './commit-goal.js';
import { CommitVerdict } from './commit-verdict.js';
import type { Obstacle } from './obstacle.js';
import { RoundNotes } from './round-note.js';
import { StreamState } from './stream-state.js';
import type { EventFrame, StreamFrame, WaitNoteFrame } from './stream.js';

export interface VerdictOptions {
  /** Milliseconds since the epoch. Default: Date.now. */
  readonly now?: () => number;
  /** Something is done once it is armed: what is known before `renew` decides nothing. */
  readonly acts?: boolean;
  /** What the log holds is all that is asked for. */
  readonly onlyLog?: boolean;
}

export type Outcome = 'success' | 'failure';

interface Subject {
  readonly text: string;
  readonly verdict: CommitVerdict;
  readonly notes: RoundNotes;
  /** What was said of it last. */
  last: WaitNoteFrame | null;
}

export const SETTLE_MS = 10_000;
/** The source gives up after ten seconds, and says so; this is for one that says nothing at all. */
const SILENCE_MS = 15_000;
export class CommitState {
  readonly sources: readonly string[] = [SOURCE];
  readonly #goal: CommitGoal | PullsGoal;
  readonly #now: () => number;
  readonly #onlyLog: boolean;
  readonly #subjects: readonly Subject[];
  readonly #stream = new StreamState([SOURCE]);
  #isHeld: boolean;
  /** What comes until the next subscription tells of before. */
  #isStale = false;
  /** Since when nothing was said, armed as it is. */
  #silentSince: number | null = null;
  #outcome: Outcome | null = null;
  #matched: readonly EventFrame[] = [];
  /** Those that the last look found decided: time changes nothing about them. */
  #decided: readonly Subject[] = [];

  constructor(goal: CommitGoal | PullsGoal, options: VerdictOptions = {}) {
    const { now = Date.now, acts = false, onlyLog = false } = options;
    this.#goal = goal;
    this.#now = now;
    this.#onlyLog = onlyLog;
    this.#isHeld = acts;
    const { workflow, settleMs = SETTLE_MS } = goal;
    this.#subjects = namesOf(goal).map(({ text, code }) => ({
      text,
      verdict: new CommitVerdict({ workflow, settleMs, now }),
      notes: new RoundNotes(code),
      last: null,
    }));
  }

  /** The last event of each run that counts, once they have decided. */
  get matched(): readonly EventFrame[] {
    return this.#matched;
  }

  /** Runs of pull requests are told in notes only. */
  get notes(): readonly WaitNoteFrame[] {
    if (!this.done || this.#goal.mode === 'commit') return [];
    const decided = this.#subjects.filter(({ verdict }) => verdict.outcome !== null);
    return decided.flatMap(({ last }) => last ?? []);
  }

  get outcome(): Outcome | null {
    return this.#outcome;
  }

  get done(): boolean {
    return this.#outcome !== null;
  }

  get armed(): boolean {
    return this.#stream.armed;
  }

  /** What the verdict is of, where it is not of all the facts. */
  get caveat(): string | null {
    if (!this.done) return null;
    const deciding = this.#subjects.filter(({ verdict }) => verdict.outcome === this.#outcome);
    // Where one is enough, one of all the facts is.
    const isOfOne = this.#outcome === 'failure' || this.#isAny;
    if (isOfOne && deciding.some(({ verdict }) => verdict.caveat === null)) return null;
    const first = deciding.find(({ verdict }) => verdict.caveat !== null);
    if (first === undefined) return null;
    return `${this.#subjects.length > 1 ? `${first.text}: ` : ''}${first.verdict.caveat}`;
  }

  get due(): number | null {
    if (this.done || !this.#canDecide) return null;
    const undecided = this.#subjects.filter((subject) => !this.#decided.includes(subject));
    const times = undecided.flatMap(({ verdict }) => verdict.settlesAt ?? []);
    if (this.#silentSince !== null) times.push(this.#silentSince + SILENCE_MS);
    return times.length === 0 ? null : Math.min(...times);
  }

  /**
   * @returns the events that this frame made count
   * @throws WaitbusError WAITBUS_AMBIGUOUS_SHA
   */
  receive(frame: StreamFrame): readonly EventFrame[] {
    if (this.done) return [];
    this.#stream.receive(frame);
    switch (frame.kind) {
      case 'event':
        if (this.#goal.mode === 'commit')
          for (const { verdict } of this.#subjects) verdict.take(frame);
        break;
      case 'wait_note':
        if (!this.#isStale) this.#note(frame);
        break;
      case 'subscribe_ack':
        this.#isStale = false;
        for (const { verdict } of this.#subjects) verdict.renew();
        break;
      case 'caught_up':
        if (this.#onlyLog) this.#theLog('nothing else was looked at');
        break;
      case 'tick':
        this.#tick();
        break;
      default:
        break;
    }
    if (this.#isHeld && this.armed) for (const { verdict } of this.#subjects) verdict.begin();
    this.#checkSha();
    this.#watchSilence();
    return this.#decide();
  }

  renew(): boolean {
    this.#isHeld = false;
    this.#isStale = true;
    this.#silentSince = null;
    for (const { verdict } of this.#subjects) verdict.end();
    return true;
  }

  get sourceLines(): readonly string[] {
    return this.#stream.linesOn(this.sources);
  }

  get warnings(): readonly WaitNoteFrame[] {
    return this.#stream.warnings;
  }

  /** Why no verdict can come any more, or null. */
  hopeless(): Obstacle | null {
    return this.#stream.replaying ? null : (this.#stream.obstacleTo(SOURCE, 0) ?? null);
  }

  /** What is still waited for: the runs that are open, once there are any. */
  outstanding(): string[] {
    // What the log says first may not be its last word.
    if (this.#stream.replaying) return this.#subjects.map(({ text }) => text);
    return this.#subjects
      .filter(({ verdict }) => verdict.outcome === null || this.#goal.mode === 'commit')
      .flatMap(({ text, verdict }) => linesOf(verdict).map((line) => `${text}${line}`));
  }

  get #isAny(): boolean {
    return this.#goal.mode === 'pulls' && this.#goal.any;
  }

  #note(frame: WaitNoteFrame): void {
    if (frame.source !== SOURCE) return;
    for (const subject of this.#subjects) {
      const note = subject.notes.take(frame);
      if (note === null) continue;
      subject.verdict.note(note);
      subject.last = frame;
    }
  }

  /** A source that is dead tells nothing more. */
  #theLog(why: string): void {
    for (const { verdict } of this.#subjects) verdict.theLog(why);
  }

  #tick(): void {
    const since = this.#silentSince;
    if (since !== null && this.#now() >= since + SILENCE_MS) {
      this.#theLog(`source ${SOURCE} did not say that it asked GitHub`);
    }
  }

  #watchSilence(): void {
    const isSilent = this.armed && this.#subjects.some(({ verdict }) => !verdict.isInformed);
    if (!isSilent || this.#isHeld || this.#isStale) this.#silentSince = null;
    else this.#silentSince ??= this.#now();
  }

  #checkSha(): void {
    if (this.#goal.mode !== 'commit') return;
    const shas = this.#subjects.flatMap(({ verdict }) => verdict.runs.shas);
    if (shas.length < 2) return;
    throw new WaitbusError(
      'WAITBUS_AMBIGUOUS_SHA',
      `${this.#goal.sha} is the beginning of more than one commit: ${shas.join(', ')}`,
    );
  }

  /** What the log still holds may open a run again. */
  get #canDecide(): boolean {
    return !this.#stream.replaying && !this.#isHeld && !this.#isStale;
  }

  #decide(): readonly EventFrame[] {
    if (!this.#canDecide) return [];
    const obstacle = this.#stream.obstacleTo(SOURCE, 0);
    if (obstacle !== undefined) this.#theLog(`source ${SOURCE}: ${obstacle.detail}`);
    const decided = this.#subjects.filter(({ verdict }) => verdict.outcome !== null);
    this.#decided = decided;
    const failed = decided.filter(({ verdict }) => verdict.outcome === 'failure');
    const isAny = this.#isAny;
    const isOver = isAny ? decided.length > 0 : decided.length === this.#subjects.length;
    if (failed.length === 0 && !isOver) return [];
    this.#outcome =
      failed.length > 0 && !(isAny && decided.length > failed.length) ? 'failure' : 'success';
    this.#matched = this.#subjects.flatMap(({ verdict }) => verdict.runs.frames);
    return this.#matched;
  }
}

/** What there is to say of one that is waited for; '' for nothing. */
function linesOf(verdict: CommitVerdict): readonly string[] {
  const { open, lines, others } = verdict.runs;
  if (open.length > 0) return open.map((line) => `: ${line}`);
  if (verdict.isSettling) return [`: ${lines.join(', ')}; another run may still come`];
  if (others.length > 0) {
    return [`: no push caused ${others.join(', ')}; with --workflow such a run counts`];
  }
  const known = [lines.join(', '), lines.length > 0 || verdict.isInformed ? verdict.lacks : null];
  const text = known.filter(Boolean).join('; ');
  return [text === '' ? '' : `: ${text}`];
}
