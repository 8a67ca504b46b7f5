/**
 * One subscriber of a source, as the host sees it: what the source is told of it, whether it was
 * looked at, and what it was told last: the source's state, and notes on what it asks for.
 */
import type { Interest, SourceStateFrame, WaitNoteFrame } from '@waitbus/kernel';
import { MAX_NOTES, shownNote, type Waiter, type WaitNote } from '@waitbus/plugin-sdk';
import { variablesOf } from './peer-env.js';
import { wishOf } from './waiter.js';

export interface SubscriberOptions {
  readonly id: number;
  readonly source: string;
  readonly interest: Interest;
  /** Those of its variables that the source may see. */
  readonly variables: readonly string[];
}

export class Subscriber {
  readonly interest: Interest;
  /** What the source is told of it; null when there is nothing that it could wait for. */
  readonly waiter: Waiter | null;
  /** The source has looked at what it asks for. */
  checked = false;
  /** The roots with its own among them. */
  generation = 0;
  readonly #source: string;
  readonly #clauses: readonly number[];
  /** Its notes, by code and clause: those of the check, and those that were said besides. */
  #byCheck = new Map<string, WaitNoteFrame>();
  readonly #besides = new Map<string, WaitNoteFrame>();
  #told = '';

  constructor({ id, source, interest, variables }: SubscriberOptions) {
    this.interest = interest;
    this.#source = source;
    const wish = wishOf(interest, source);
    this.#clauses = wish?.clauses ?? [];
    if (wish === null) {
      this.waiter = null;
      return;
    }
    const { cwd, filters, anyOf } = wish;
    this.waiter = { id, cwd, filters, anyOf, env: variablesOf(interest.pid, variables) };
  }

  /** What it knows of what it asks for; nothing that only says how far the source is. */
  get notes(): readonly WaitNoteFrame[] {
    return [...this.#byCheck.values(), ...this.#besides.values()].filter(
      ({ level }) => level !== 'info' && level !== 'cleared',
    );
  }

  /** Tells the source's state, when it is another than was told. */
  tell(frame: SourceStateFrame): void {
    const text = JSON.stringify(frame);
    if (text === this.#told) return;
    this.#told = text;
    this.interest.tell(frame);
  }

  /** The source, or the host, has looked at it: what was said before and is not said again is over. */
  check(notes: readonly WaitNote[]): void {
    const before = this.#byCheck;
    this.#byCheck = new Map(
      notes.slice(0, MAX_NOTES).map((note) => [keyOf(note), this.#frameOf(note)]),
    );
    for (const [key, frame] of this.#byCheck) {
      if (JSON.stringify(before.get(key)) !== JSON.stringify(frame)) this.interest.note(frame);
    }
    for (const [key, frame] of before) {
      if (this.#byCheck.has(key) || frame.level === 'info') continue;
      this.interest.note({ ...frame, level: 'cleared', remedy: '' });
    }
    this.checked = true;
  }

  /** One thing more. */
  note(note: WaitNote): void {
    const frame = this.#frameOf(note);
    const key = keyOf(note);
    this.#besides.delete(key);
    this.#besides.set(key, frame);
    const [oldest] = this.#besides.keys();
    if (this.#besides.size > MAX_KEPT && oldest !== undefined) this.#besides.delete(oldest);
    this.interest.note(frame);
  }

  #frameOf(note: WaitNote): WaitNoteFrame {
    const { code, level, detail, remedy = '', alternative, data } = shownNote(note);
    const clause = alternative === undefined ? undefined : this.#clauses[alternative];
    return {
      kind: 'wait_note',
      source: this.#source,
      code,
      level,
      detail,
      remedy,
      ...(clause === undefined ? {} : { clauses: [clause] }),
      ...(data === undefined ? {} : { data }),
    };
  }
}

/** Notes besides those of the check. */
const MAX_KEPT = 32;

function keyOf({ code, alternative }: WaitNote): string {
  return `${code} ${alternative ?? ''}`;
}
