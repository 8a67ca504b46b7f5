/**
 * Names that are to be looked at again after a while, one entry a name, on one timer. Knows nothing
 * of what the look is for.
 */

interface Entry<T> {
  readonly due: number;
  readonly what: T;
}

export class Later<T> {
  readonly #entries = new Map<string, Entry<T>>();
  readonly #now: () => number;
  readonly #dueNow: (key: string, what: T) => void;
  readonly #afterwards: () => void;
  #timer: NodeJS.Timeout | null = null;
  #timerDue = Infinity;

  /**
   * @param dueNow called for each entry that is due, oldest first
   * @param afterwards called once after a round of them
   * @param now milliseconds, monotonic
   */
  constructor(
    dueNow: (key: string, what: T) => void,
    afterwards: () => void,
    now: () => number = () => performance.now(),
  ) {
    this.#dueNow = dueNow;
    this.#afterwards = afterwards;
    this.#now = now;
  }

  /** Replaces what was there for the key. */
  put(key: string, what: T, milliseconds: number): void {
    const due = this.#now() + milliseconds;
    this.#entries.delete(key);
    this.#entries.set(key, { due, what });
    this.#arm(due);
  }

  /** Removes and returns what was there for the key. */
  take(key: string): T | undefined {
    const entry = this.#entries.get(key);
    this.#entries.delete(key);
    return entry?.what;
  }

  has(key: string): boolean {
    return this.#entries.has(key);
  }

  clear(): void {
    this.#entries.clear();
    if (this.#timer !== null) clearTimeout(this.#timer);
    this.#timer = null;
    this.#timerDue = Infinity;
  }

  #arm(due: number): void {
    if (due >= this.#timerDue) return;
    if (this.#timer !== null) clearTimeout(this.#timer);
    this.#timerDue = due;
    // Rounded up: a timer that fires before the entry is due would have to be set again.
    this.#timer = setTimeout(() => this.#round(), Math.ceil(Math.max(0, due - this.#now())));
  }

  #round(): void {
    this.#timer = null;
    this.#timerDue = Infinity;
    const now = this.#now();
    const due: [string, Entry<T>][] = [];
    let next = Infinity;
    for (const item of this.#entries) {
      if (item[1].due <= now) due.push(item);
      else next = Math.min(next, item[1].due);
    }
    due.sort((a, b) => a[1].due - b[1].due);
    for (const [key] of due) this.#entries.delete(key);
    for (const [key, { what }] of due) this.#dueNow(key, what);
    if (next !== Infinity) this.#arm(next);
    if (due.length > 0) this.#afterwards();
  }
}
