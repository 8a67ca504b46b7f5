/**
 * The roots of a source in its own process: as they are, and the handler that hears of changes one
 * after the other, so that a generation is ready in order.
 */
export type RootsHandler = (roots: readonly string[]) => void | Promise<void>;

export interface RootsEvents {
  /** The handler has done what these roots ask for. */
  readonly onReady: (generation: number) => void;
  readonly onError: (error: unknown) => void;
}

export class Roots {
  readonly #events: RootsEvents;
  #generation = 0;
  #roots: readonly string[] = [];
  #handler: RootsHandler | null = null;
  #turn: Promise<void> = Promise.resolve();

  constructor(events: RootsEvents) {
    this.#events = events;
  }

  get current(): readonly string[] {
    return this.#roots;
  }

  become(generation: number, roots: readonly string[]): void {
    this.#generation = generation;
    this.#roots = roots;
    this.#apply();
  }

  watch(handler: RootsHandler): void {
    this.#handler = handler;
    this.#apply();
  }

  #apply(): void {
    const handler = this.#handler;
    if (handler === null) return;
    const generation = this.#generation;
    const roots = this.#roots;
    this.#turn = this.#turn
      .then(async () => {
        await handler(roots);
        this.#events.onReady(generation);
      })
      .catch((error: unknown) => this.#events.onError(error));
  }
}
