/**
 * Work that can wait for a later turn of the event loop, a little of it a turn: however
 * many subscriptions catch up, events are taken in and connections accepted in between.
 */

export interface PacedOptions {
  /** Runs a function in the next turn of the event loop. */
  readonly nextTurn: (work: () => void) => void;
  /** A clock that only goes forward, in milliseconds. */
  readonly clock: () => number;
}

/** What one turn may take before it makes room; a piece of work that has begun is ended. */
const TURN_MS = 1;

/** @returns the function that takes a piece of work; pieces run in the order in which they came */
export function paced({ nextTurn, clock }: PacedOptions): (work: () => void) => void {
  let waiting: (() => void)[] = [];
  let at = 0;
  const turn = (): void => {
    const until = clock() + TURN_MS;
    try {
      do {
        const work = waiting[at];
        at += 1;
        work?.();
      } while (at < waiting.length && clock() < until);
    } finally {
      waiting = waiting.slice(at);
      at = 0;
      if (waiting.length > 0) nextTurn(turn);
    }
  };
  return (work) => {
    waiting.push(work);
    if (waiting.length === 1) nextTurn(turn);
  };
}
