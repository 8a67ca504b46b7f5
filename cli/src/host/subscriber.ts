/**
 * One subscriber of a source, as the host sees it: what the source is told of it, whether it was
 * looked at, and what it was told last: the source's state, and notes on what it asks for.
 */
import type { Interest, SourceStateFrame, WaitNoteFrame } from '@waitbus/kernel';
import { MAX_NOTES, shownNote, type Waiter, type WaitNote } from '@waitbus/plugin-sdk';
import { stringifyJson } from '@waitbus/plugin-sdk/envelope';
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
  /** Its notes: those of the host and of the check, as told by code and clause, and those besides. */
  #fromCheck: readonly WaitNote[] = [];
  #said: ReadonlyMap<string, WaitNoteFrame> = new Map();
  readonly #besides = new Map<string, WaitNoteFrame>();
  #fromHost: readonly WaitNote[] = [];
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
    return [...this.#said.values(), ...this.#besides.values()].filter(
      ({ level }) => level !== 'info',
    );
  }

  /** Tells the source's state, when it is another than was told. */
  tell(frame: SourceStateFrame): void {
    const text = JSON.stringify(frame);
    if (text === this.#told) return;
    this.#told = text;
    this.interest.tell(frame);
  }

  /** Another run of the source looks at it anew; what this one said besides its check is over. */
  runEnded(): void {
    this.checked = false;
    for (const frame of this.#besides.values()) {
      this.interest.note({ ...frame, level: 'cleared', remedy: '' });
    }
    this.#besides.clear();
  }

  /** What the host says of it now. */
  setHostNotes(notes: readonly WaitNote[]): void {
    this.#fromHost = notes;
    this.#say();
  }

  /** The source has looked at it: what it said before and does not say again is over. */
  check(notes: readonly WaitNote[]): void {
    this.#fromCheck = notes.slice(0, MAX_NOTES);
    this.checked = true;
    this.#say();
  }

  #say(): void {
    const before = this.#said;
    this.#said = this.#framesOf([...this.#fromHost, ...this.#fromCheck]);
    for (const [key, frame] of this.#said) {
      const known = before.get(key);
      if (known === undefined || stringifyJson(known) !== stringifyJson(frame)) {
        this.interest.note(frame);
      }
    }
    for (const [key, frame] of before) {
      if (this.#said.has(key) || frame.level === 'info') continue;
      this.interest.note({ ...frame, level: 'cleared', remedy: '' });
    }
  }

  /** One thing more. */
  note(note: WaitNote): void {
    const [entry] = this.#framesOf([note]);
    if (entry === undefined) return;
    const [key, frame] = entry;
    this.#besides.delete(key);
    // How far a source is, is told and not kept.
    if (frame.level !== 'info') this.#besides.set(key, frame);
    const [oldest] = this.#besides.keys();
    if (this.#besides.size > MAX_KEPT && oldest !== undefined) this.#besides.delete(oldest);
    this.interest.note(frame);
  }

  /** By code and clause. One on an alternative that there is not is left out. */
  #framesOf(notes: readonly WaitNote[]): Map<string, WaitNoteFrame> {
    const frames = new Map<string, WaitNoteFrame>();
    for (const note of notes) {
      const { code, level, detail, remedy = '', alternative, data } = shownNote(note);
      const clause = alternative === undefined ? undefined : this.#clauses[alternative];
      if (alternative !== undefined && clause === undefined) continue;
      frames.set(`${code} ${clause ?? ''}`, {
        kind: 'wait_note',
        source: this.#source,
        code,
        level,
        detail,
        remedy,
        ...(clause === undefined ? {} : { clauses: [clause] }),
        ...(data === undefined ? {} : { data }),
      });
    }
    return frames;
  }
}

/** Notes besides those of the check. */
const MAX_KEPT = 32;
