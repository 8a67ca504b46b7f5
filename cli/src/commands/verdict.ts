/** What ended a wait, as the exit code: pure. */
import type { GoalState } from '../client/goal.js';
import { EXIT } from '../terminal/exit.js';

const FAILED = new Set<unknown>(['failure', 'cancelled', 'timed_out']);

/** 1 when a verdict is asked for and it is a failure, else 0. */
export function exitCodeOf(
  { outcome, matched }: Pick<GoalState, 'outcome' | 'matched'>,
  verdict: boolean | null,
): number {
  if (outcome !== null) return outcome === 'failure' ? EXIT.failure : EXIT.ok;
  if (verdict !== true) return EXIT.ok;
  return matched.some((event) => FAILED.has(event.fields['conclusion'])) ? EXIT.failure : EXIT.ok;
}
