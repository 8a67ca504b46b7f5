/**
 * Whether a source's event loop still turns: asks now and then, and says when no answer came in time.
 * That the daemon itself stood still, or held the source back, is not the source's silence.
 */

export interface HeartbeatOptions {
  /** Pause between an answer and the next question, in milliseconds. */
  readonly everyMs: number;
  readonly deadlineMs: number;
  /** A clock that only goes forward, in milliseconds. */
  readonly clock: () => number;
  readonly ping: (id: number) => void;
  /** Whether the answer may be waiting where the host does not read it now. */
  readonly excused: () => boolean;
  readonly onSilent: () => void;
}

/** A timer this late tells that the daemon stood still, in milliseconds. */
const STOOD_STILL_MS = 1000;

export class Heartbeat {
  readonly #options: HeartbeatOptions;
  #timer: NodeJS.Timeout | null = null;
  #id = 0;
  #waits = false;
  #stopped = false;

  constructor(options: HeartbeatOptions) {
    this.#options = options;
    this.#rest();
  }

  /** @returns whether it answers the question that is open */
  pong(id: number): boolean {
    if (!this.#waits || id !== this.#id) return false;
    this.#waits = false;
    this.#rest();
    return true;
  }

  stop(): void {
    this.#stopped = true;
    if (this.#timer !== null) clearTimeout(this.#timer);
  }

  #rest(): void {
    this.#after(this.#options.everyMs, () => {
      this.#id += 1;
      this.#waits = true;
      this.#options.ping(this.#id);
      this.#expect();
    });
  }

  #expect(): void {
    const { deadlineMs, clock, excused } = this.#options;
    const due = clock() + deadlineMs;
    this.#after(deadlineMs, () => {
      if (clock() - due > STOOD_STILL_MS || excused()) {
        this.#expect();
        return;
      }
      // An answer that has come meanwhile is read in this turn, after its timers.
      setImmediate(() => this.#conclude());
    });
  }

  #conclude(): void {
    if (this.#waits && !this.#stopped) this.#options.onSilent();
  }

  #after(milliseconds: number, then: () => void): void {
    if (this.#timer !== null) clearTimeout(this.#timer);
    if (!this.#stopped) this.#timer = setTimeout(then, milliseconds);
  }
}
