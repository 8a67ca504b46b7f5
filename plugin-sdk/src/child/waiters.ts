/**
 * What a source knows of its waiters: who they are, the handler that hears of changes, and the check
 * that looks at each of them.
 */
import type { WaitCheck } from '../define-source.js';
import { isWaitNote, MAX_NOTES, shownNote, type WaitNote } from '../wait-note.js';
import type { Waiter } from '../waiter.js';

export type WaitersHandler = (waiters: readonly Waiter[]) => void;

/** Arming waits this long for a check, in milliseconds; what it says later is told later. */
export const CHECK_MS = 2000;

export interface WaitersEvents {
  readonly onChecked: (id: number, notes: readonly WaitNote[]) => void;
  readonly onNote: (id: number, note: WaitNote) => void;
  /** Gets what the handler or the check throws. */
  readonly onError: (error: unknown) => void;
}

export class Waiters {
  readonly #events: WaitersEvents;
  readonly #waiters = new Map<number, Waiter>();
  /** Of each waiter, the check that counts: an earlier one that is still under way does not. */
  readonly #checks = new Map<number, symbol>();
  #handler: WaitersHandler | null = null;
  #check: WaitCheck | null = null;
  #ready = false;

  constructor(events: WaitersEvents) {
    this.#events = events;
  }

  change(came: readonly Waiter[], left: readonly number[]): void {
    for (const id of left) {
      this.#waiters.delete(id);
      this.#checks.delete(id);
    }
    for (const waiter of came) this.#waiters.set(waiter.id, waiter);
    if (came.length + left.length > 0) this.#tell();
    if (this.#ready) for (const waiter of came) this.#look(waiter);
  }

  /** Called at once, and on each change. A second handler takes the place of the first. */
  watch(handler: WaitersHandler): void {
    this.#handler = handler;
    this.#tell();
  }

  /** A second check takes the place of the first. */
  check(check: WaitCheck): void {
    this.#check = check;
    if (this.#ready) this.recheck();
  }

  /** The source is ready: from now on its waiters are looked at. */
  ready(): void {
    this.#ready = true;
    this.recheck();
  }

  recheck(): void {
    if (!this.#ready) return;
    for (const waiter of this.#waiters.values()) this.#look(waiter);
  }

  /** @throws Error when it is no note */
  note(id: number, note: WaitNote): void {
    if (this.#waiters.has(id)) this.#events.onNote(id, shownNote(checkedNote(note)));
  }

  #look(waiter: Waiter): void {
    const { id } = waiter;
    const { onChecked, onError } = this.#events;
    const mark = Symbol(String(id));
    this.#checks.set(id, mark);
    const answer = (notes: readonly WaitNote[]) => {
      if (this.#checks.get(id) !== mark) return;
      onChecked(id, notes.slice(0, MAX_NOTES).map(checkedNote).map(shownNote));
    };
    try {
      const notes = this.#check?.(waiter) ?? [];
      if (!isPromise(notes)) {
        answer(notes);
        return;
      }
      const late = setTimeout(() => answer([]), CHECK_MS);
      notes
        .then(answer)
        .catch(onError)
        .finally(() => clearTimeout(late));
    } catch (error) {
      onError(error);
    }
  }

  #tell(): void {
    try {
      this.#handler?.([...this.#waiters.values()]);
    } catch (error) {
      this.#events.onError(error);
    }
  }
}

function checkedNote(note: WaitNote): WaitNote {
  if (isWaitNote(note)) return note;
  throw new Error(`no note to a waiter: ${JSON.stringify(note)?.slice(0, 200)}`);
}

function isPromise<T>(value: T | Promise<T>): value is Promise<T> {
  return typeof (value as { then?: unknown }).then === 'function';
}
