/**
 * Does something when it is asked to, and at most once in so many milliseconds: what is asked for in
 * between is done once, at their end.
 */
export class AtMostEvery {
  readonly #milliseconds: number;
  readonly #work: () => void;
  #timer: NodeJS.Timeout | null = null;
  #asked = false;

  constructor(milliseconds: number, work: () => void) {
    this.#milliseconds = milliseconds;
    this.#work = work;
  }

  ask(): void {
    if (this.#timer !== null) {
      this.#asked = true;
      return;
    }
    this.#timer = setTimeout(() => this.#over(), this.#milliseconds);
    this.#timer.unref();
    this.#work();
  }

  #over(): void {
    this.#timer = null;
    if (!this.#asked) return;
    this.#asked = false;
    this.ask();
  }
}
