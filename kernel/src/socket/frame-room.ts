/**
 * Room for large frames that have only partly come in: all connections share it. Who finds none is
 * not read until there is some, in the order in which they asked; and while somebody waits, a frame
 * that takes too long to come in gives its room up.
 */

/** One connection. */
export interface FrameOwner {
  /** There may be room now: to go on. */
  resume(): void;
  /** Its frame has had its time while others waited for room. */
  evict(): void;
}

export interface FrameRoomOptions {
  readonly maxBytes: number;
  /** What a frame has to come in whole once others wait, from its beginning, in milliseconds. */
  readonly graceMs: number;
  /** A clock that only goes forward, in milliseconds. */
  readonly clock: () => number;
  /** Calls back after so many milliseconds; returns how to call it off. */
  readonly after: (milliseconds: number, callback: () => void) => () => void;
}

interface Taken {
  readonly bytes: number;
  readonly since: number;
}

export class FrameRoom {
  readonly #options: FrameRoomOptions;
  /** In the order in which they began. */
  readonly #taken = new Map<FrameOwner, Taken>();
  readonly #waiting = new Set<FrameOwner>();
  #used = 0;
  #callOff: (() => void) | null = null;

  constructor(options: FrameRoomOptions) {
    this.#options = options;
  }

  /** Bytes of frames that have begun and not ended. */
  get used(): number {
    return this.#used;
  }

  /**
   * Takes room for a frame, or a place in the queue.
   * @returns whether it may begin; `resume` is called when it is worth asking again
   */
  take(owner: FrameOwner, bytes: number): boolean {
    const [first = owner] = this.#waiting;
    if (first === owner && this.#used + bytes <= this.#options.maxBytes) {
      this.#waiting.delete(owner);
      this.#taken.set(owner, { bytes, since: this.#options.clock() });
      this.#used += bytes;
      this.#callNext();
      return true;
    }
    this.#waiting.add(owner);
    this.#watch();
    return false;
  }

  /** Its frame has ended, or its connection. */
  leave(owner: FrameOwner): void {
    const taken = this.#taken.get(owner);
    const waited = this.#waiting.delete(owner);
    if (taken === undefined && !waited) return;
    this.#taken.delete(owner);
    this.#used -= taken?.bytes ?? 0;
    this.#callNext();
  }

  /** The next in the queue asks again, in a turn of its own stack: it may take, wait or leave. */
  #callNext(): void {
    const [next] = this.#waiting;
    if (next !== undefined) queueMicrotask(() => next.resume());
    if (next === undefined) this.#unwatch();
  }

  /** Looks at the oldest frame when its time is over, as long as somebody waits. */
  #watch(): void {
    const [oldest] = this.#taken.values();
    if (this.#callOff !== null || oldest === undefined) return;
    const { graceMs, clock, after } = this.#options;
    this.#callOff = after(Math.max(0, oldest.since + graceMs - clock()), () => {
      this.#callOff = null;
      this.#evict();
      if (this.#waiting.size > 0) this.#watch();
    });
  }

  #unwatch(): void {
    this.#callOff?.();
    this.#callOff = null;
  }

  #evict(): void {
    const { graceMs, clock } = this.#options;
    for (const [owner, { since }] of [...this.#taken]) {
      if (this.#waiting.size === 0 || since + graceMs > clock()) return;
      owner.evict();
      this.leave(owner);
    }
  }
}
