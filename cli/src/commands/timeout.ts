/** Options that say how long something may last, as milliseconds. */
import { MAX_TIMER_MS, parseDuration } from '../duration.js';
import { UsageError } from '../terminal/exit.js';

/** @throws UsageError */
export function timeoutOf(text: string | undefined): number | undefined {
  return text === undefined ? undefined : timeSpan('--timeout', text);
}

/** @throws UsageError for what is no duration, or longer than a timer can wait */
export function timeSpan(option: string, text: string): number {
  const milliseconds = parseDuration(text);
  if (milliseconds === null) {
    throw new UsageError(`${option} ${text} is not a duration such as 30s, 5m, 1h30m or 2d`);
  }
  if (milliseconds > MAX_TIMER_MS) throw new UsageError(`${option} ${text} is longer than 24 days`);
  return milliseconds;
}
