/** Times that decide: how long to pause before the engine is tried again, and what is too old. Pure. */
import type { Saved } from './ledger.js';

const FIRST_PAUSE_MS = 50;
const LONGEST_PAUSE_MS = 2000;

/** What was left longer ago than this is no interruption any more. */
const INTERRUPTION_MS = 10 * 60_000;

/** Who has no waiters for so long is stopped by the daemon; whoever waits then is a new one. */
const UNWANTED_MS = 60_000;

/** @param failures how many there were in a row, from 1 */
export function pauseMs(failures: number): number {
  return Math.min(LONGEST_PAUSE_MS, FIRST_PAUSE_MS * 2 ** (Math.min(failures, 16) - 1));
}

/**
 * Whether to go on from what an earlier process left: when it was interrupted, amid a wait. Who comes
 * later waits for what is to come, and must not be woken by what happened while nobody waited.
 */
export function goesOn({ alive, idle }: Pick<Saved, 'alive' | 'idle'>, now: number): boolean {
  const rested = now - alive;
  return Math.abs(rested) <= INTERRUPTION_MS && (idle === null || now - idle < UNWANTED_MS);
}
