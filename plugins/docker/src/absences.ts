/** What was said of containers that are not there: looked at again once one has started, so that it is taken back. */
import type { SourceEvent, WaitNote } from '@waitbus/plugin-sdk';

/** Many may start at once, and a look asks the engine for its list, in milliseconds. */
const LOOK_AFTER_MS = 500;
const ABSENCES: ReadonlySet<string> = new Set(['no_container', 'image_name']);

export class Absences {
  readonly #recheck: () => void;
  readonly #signal: AbortSignal;
  #isSaid = false;
  #timer: NodeJS.Timeout | null = null;

  constructor(recheck: () => void, signal: AbortSignal) {
    this.#recheck = recheck;
    this.#signal = signal;
  }

  /** The notes of one check, on their way to a waiter. */
  said(notes: readonly WaitNote[]): readonly WaitNote[] {
    this.#isSaid ||= notes.some(({ code }) => ABSENCES.has(code));
    return notes;
  }

  emitted({ fields }: SourceEvent): void {
    if (!this.#isSaid || fields?.['status'] !== 'started' || this.#timer !== null) return;
    this.#timer = setTimeout(() => {
      this.#timer = null;
      // The checks say it again where it still holds.
      this.#isSaid = false;
      if (!this.#signal.aborted) this.#recheck();
    }, LOOK_AFTER_MS);
    this.#timer.unref();
  }
}
