/** Work that is waited for only so long. */
import { setTimeout as pause } from 'node:timers/promises';

/** @returns null when it takes longer, or fails */
export async function within<T>(milliseconds: number, work: Promise<T>): Promise<T | null> {
  const enough = new AbortController();
  const late = pause(milliseconds, null, { signal: enough.signal }).catch(() => null);
  const done = await Promise.race([work.catch(() => null), late]);
  enough.abort();
  return done;
}
