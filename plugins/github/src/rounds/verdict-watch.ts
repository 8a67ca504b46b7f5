/**
 * The rounds of one commit or pull request, while somebody waits for it. Whatever there is of it is
 * emitted, and each waiter is told a whole round that was asked for after it came, and every change.
 */
import type { WaitNote } from '@waitbus/plugin-sdk';
import type { Members } from '../events/members.js';
import { runState } from '../events/workflow-run.js';
import type { Watch } from '../poll/poller.js';
import { RunTeller, type TellerParts } from '../poll/run-teller.js';
import type { RoundReader } from './readers.js';
import {
  changeOf,
  gistOf,
  heardNote,
  isOverAll,
  newestRuns,
  noRound,
  roundNotes,
  type Round,
} from './round.js';

export interface VerdictWatchParts extends TellerParts {
  readonly note: (waiter: number, note: WaitNote) => void;
  /** Between two rounds, as it is now. */
  readonly intervalMs: () => number;
  /** Whether deliveries told of everything so far, so that no round is needed. */
  readonly isHeard: () => boolean;
}

interface Waiting {
  /** The last round that it was told. */
  gist: string | null;
  /** Resolves once it is known whether a round can be had. */
  readonly known: Promise<void>;
  readonly settle: () => void;
  /** Until it is told that no round can be had. */
  late: NodeJS.Timeout | null;
}

/** A round that cannot be had within this time is none. */
const LATE_MS = 10_000;
/** While all is over and may settle it is asked for this often... */
const SETTLING_MS = 2000;
/** ...or once a success has stood for the default time, where each question counts. */
const SETTLED_S = 10;
/** Whoever wants more than this to settle is told by the next round. */
const SETTLES_FOR_S = 60;

export class VerdictWatch implements Watch {
  readonly repo: string;
  readonly what: string;
  readonly retryMs = 1000;
  readonly #parts: VerdictWatchParts;
  readonly #reader: RoundReader;
  readonly #waiting = new Map<number, Waiting>();
  readonly #seenAt = new Map<string, number>();
  #teller: RunTeller;
  #wantsJobs = false;
  #rounds = 0;
  #last: Round | null = null;
  #trouble = 'GitHub did not answer within 10 s';

  constructor(parts: VerdictWatchParts, reader: RoundReader) {
    this.#parts = parts;
    this.#reader = reader;
    this.repo = reader.subject;
    this.what = reader.what;
    this.#teller = new RunTeller(parts, reader.repository);
  }

  get intervalMs(): number {
    return this.#parts.intervalMs();
  }

  get isIdle(): boolean {
    return this.#waiting.size === 0;
  }

  /** The commits that the last round was of. */
  get shas(): readonly string[] {
    return this.#last?.shas ?? [];
  }

  /** Resolves once it is known whether a round can be had for this waiter. */
  async known(waiter: number): Promise<void> {
    await this.#waiting.get(waiter)?.known;
  }

  /** Somebody waits for it, from now on. */
  add(waiter: number, wantsJobs: boolean): void {
    let settle = (): void => undefined;
    const known = new Promise<void>((resolve) => (settle = resolve));
    const waiting: Waiting = { gist: null, late: null, known, settle };
    this.#waiting.set(waiter, waiting);
    if (this.#parts.isHeard()) this.#sayHeard(waiter, waiting);
    else this.#expect(waiter, waiting);
    if (!wantsJobs || this.#wantsJobs) return;
    // The jobs of runs that were told of already are wanted, too.
    this.#wantsJobs = true;
    this.#teller = new RunTeller(this.#parts, this.#reader.repository);
  }

  remove(waiter: number): void {
    const waiting = this.#waiting.get(waiter);
    clearTimeout(waiting?.late ?? undefined);
    waiting?.settle();
    this.#waiting.delete(waiter);
  }

  /** Deliveries tell of everything: no round is needed. */
  heard(): void {
    for (const [id, waiting] of this.#waiting) this.#sayHeard(id, waiting);
  }

  async round(): Promise<void> {
    const asking = [...this.#waiting.keys()];
    const round = await this.#reader.read();
    // Without a token there are requests for the runs only.
    const withJobs = this.#wantsJobs && (await this.#parts.api.token()) !== null;
    await this.#teller.tell(round.runs, withJobs);
    this.#last = round;
    this.#remember(round);
    const gist = gistOf(round);
    const isOver = isOverAll(round);
    this.#rounds += 1;
    const { code } = this.#reader;
    const notes = roundNotes(code, round, this.#rounds, (run) => this.#seen(run, round));
    for (const id of asking) {
      const waiting = this.#waiting.get(id);
      if (waiting === undefined) continue;
      const isNews = waiting.gist !== gist || isOver;
      this.#fulfil(waiting, gist);
      if (isNews) for (const note of notes) this.#parts.note(id, note);
      if (isNews && this.#parts.isHeard()) this.#sayHeard(id, waiting);
    }
  }

  /** @param canSoon whether it may be had within a moment */
  failed(why: string, canSoon: boolean): void {
    this.#trouble = why;
    for (const [id, waiting] of this.#waiting) {
      waiting.settle();
      if (this.#parts.isHeard()) continue;
      if (!canSoon) this.#giveUp(id, waiting);
      else if (waiting.late === null) this.#expect(id, waiting);
    }
  }

  pauseMs(isGentle: boolean): number | null {
    const round = this.#last;
    if (round === null || !isOverAll(round) || this.#parts.isHeard()) return null;
    const changes = newestRuns(round.runs).map((run) => this.#changed(run));
    const stoodFor = round.askedAt - Math.max(...changes);
    if (stoodFor >= SETTLES_FOR_S) return null;
    if (!isGentle) return Math.min(SETTLING_MS, this.intervalMs);
    return stoodFor < SETTLED_S ? (SETTLED_S - stoodFor + 1) * 1000 : null;
  }

  #sayHeard(id: number, waiting: Waiting): void {
    this.#fulfil(waiting, waiting.gist);
    this.#parts.note(id, heardNote(this.#reader.code));
  }

  #expect(id: number, waiting: Waiting): void {
    waiting.late = setTimeout(() => this.#giveUp(id, waiting), LATE_MS);
    waiting.late.unref();
  }

  #giveUp(id: number, waiting: Waiting): void {
    clearTimeout(waiting.late ?? undefined);
    waiting.late = null;
    this.#parts.note(id, noRound(this.#reader.code, this.#trouble));
    // What is had later is news.
    waiting.gist = null;
  }

  #fulfil(waiting: Waiting, gist: string | null): void {
    clearTimeout(waiting.late ?? undefined);
    waiting.late = null;
    waiting.settle();
    waiting.gist = gist;
  }

  #remember({ runs, askedAt }: Round): void {
    const keys = new Set(runs.map(keyOf));
    for (const key of keys) if (!this.#seenAt.has(key)) this.#seenAt.set(key, askedAt);
    for (const key of this.#seenAt.keys()) if (!keys.has(key)) this.#seenAt.delete(key);
  }

  #seen(run: Members, round: Round): number {
    return this.#seenAt.get(keyOf(run)) ?? round.askedAt;
  }

  #changed(run: Members): number {
    return changeOf(run) ?? this.#seenAt.get(keyOf(run)) ?? 0;
  }
}

function keyOf(run: Members): string {
  return `${String(run['id'])}:${runState(run)}`;
}
