/** `--timeout` as milliseconds. */
import { MAX_TIMER_MS, parseDuration } from '../duration.js';
import { UsageError } from '../terminal/exit.js';

/** @throws UsageError */
export function timeoutOf(text: string | undefined): number | undefined {
  if (text === undefined) return undefined;
  const milliseconds = parseDuration(text);
  if (milliseconds === null) {
    throw new UsageError(`--timeout ${text} is not a duration such as 30s, 5m or 1h30m`);
  }
  if (milliseconds > MAX_TIMER_MS) throw new UsageError(`--timeout ${text} is over 24 days`);
  return milliseconds;
}
