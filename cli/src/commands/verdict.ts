/** What a matched event means for the exit code: pure. */
import type { EventFrame } from '../client/stream.js';
import { EXIT } from '../terminal/exit.js';

const FAILED = new Set<unknown>(['failure', 'cancelled', 'timed_out']);

/** 1 when a verdict is asked for and any of the events failed, else 0. */
export function exitCodeOfMatch(events: readonly EventFrame[], verdict: boolean): number {
  if (!verdict) return EXIT.ok;
  return events.some((event) => FAILED.has(event.fields['conclusion'])) ? EXIT.failure : EXIT.ok;
}
