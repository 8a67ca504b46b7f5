/**
 * The events of a source that are not answered yet: how many there may be is the contract, and while
 * they are large the source is held back, so that the daemon's memory is bounded.
 */
import { MAX_IN_FLIGHT } from '@waitbus/plugin-sdk';
import type { SourceChild } from './child.js';

/** While more than this waits, nothing is read from the source. */
const MAX_BYTES = 4 * 1024 * 1024;

export class Unanswered {
  readonly #child: Pick<SourceChild, 'hold' | 'release'>;
  #events = 0;
  #bytes = 0;

  constructor(child: Pick<SourceChild, 'hold' | 'release'>) {
    this.#child = child;
  }

  get holdsBack(): boolean {
    return this.#bytes > MAX_BYTES;
  }

  /** @returns what to call once the event is answered, or null when it is one too many */
  add(bytes: number): (() => void) | null {
    if (this.#events >= MAX_IN_FLIGHT) return null;
    this.#events += 1;
    this.#bytes += bytes;
    if (this.holdsBack) this.#child.hold();
    return () => {
      this.#events -= 1;
      this.#bytes -= bytes;
      if (!this.holdsBack) this.#child.release();
    };
  }
}
