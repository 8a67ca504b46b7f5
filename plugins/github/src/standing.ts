/**
 * How the source observes now, in one line for people, kept up to date without saying every change
 * at once: while deliveries pour in, waiters are not to hear of each.
 */

const PAUSE_MS = 1000;
/** Kinds of deliveries that are counted by name. */
const MOST_NAMES = 20;

export interface StandingOptions {
  readonly describe: (line: string) => void;
  readonly signal: AbortSignal;
  /** Milliseconds between two lines at least. */
  readonly pauseMs?: number;
}

export class Standing {
  readonly #options: StandingOptions;
  /** By subject, in the order in which they were first spoken of. */
  readonly #parts = new Map<string, string>();
  /** What somebody has to mend comes first: a long line is cut at its end. */
  readonly #troubles = new Map<string, string>();
  readonly #ignored = new Map<string, number>();
  #said = '';
  #pausing = false;

  constructor(options: StandingOptions) {
    this.#options = options;
  }

  /**
   * Says this of a subject from now on; nothing when the text is empty.
   * @returns whether it said something else before
   */
  say(subject: string, text: string): boolean {
    return this.#set(this.#parts, subject, text);
  }

  /** The same of what is wrong with it. */
  trouble(subject: string, text: string): boolean {
    return this.#set(this.#troubles, subject, text);
  }

  #set(parts: Map<string, string>, subject: string, text: string): boolean {
    const before = parts.get(subject) ?? '';
    if (text === '') parts.delete(subject);
    else parts.set(subject, text);
    this.#tell();
    return before !== text;
  }

  /** A delivery made no event. */
  ignored(name: string): void {
    const key = this.#ignored.has(name) || this.#ignored.size < MOST_NAMES ? name : 'others';
    this.#ignored.set(key, (this.#ignored.get(key) ?? 0) + 1);
    this.#tell();
  }

  #line(): string {
    const counts = [...this.#ignored].map(([name, count]) => `${count} ${name}`).join(', ');
    const ignored = counts === '' ? [] : [`ignored ${counts}`];
    return [...this.#troubles.values(), ...this.#parts.values(), ...ignored].join('; ');
  }

  #tell(): void {
    if (this.#pausing || this.#options.signal.aborted) return;
    const line = this.#line();
    if (line === this.#said) return;
    this.#said = line;
    this.#options.describe(line);
    this.#pausing = true;
    setTimeout(() => {
      this.#pausing = false;
      this.#tell();
    }, this.#options.pauseMs ?? PAUSE_MS).unref();
  }
}
