/**
 * When a source has come to rest: judged by turns of its own event loop, so that one that gets little
 * of the processor is given as many as one that gets all of it.
 */
import { setTimeout as pause } from 'node:timers/promises';

/** Turns that nothing happens in. */
const TURNS = 20;

/** A source that always emits is never still. */
const MOST_ROUNDS = 10;

export interface Watched {
  /** How much happened so far. */
  count(): number;
  /** Resolves once the source's event loop has turned; false when it does not any more. */
  turn(): Promise<boolean>;
}

/** Resolves once nothing happened in so many milliseconds and turns, or when it never comes to rest. */
export async function still(watched: Watched, milliseconds: number): Promise<void> {
  for (let round = 0; round < MOST_ROUNDS; round += 1) {
    const before = watched.count();
    for (let turn = 0; turn < TURNS; turn += 1) {
      await pause(milliseconds / TURNS);
      if (!(await watched.turn())) return;
    }
    if (watched.count() === before) return;
  }
}
