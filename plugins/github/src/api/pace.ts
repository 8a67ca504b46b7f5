/** How long to wait before GitHub is asked again. Pure. */
import type { Quota } from './answer.js';

/** The longest pause after failures. */
const MOST_MS = 15 * 60_000;

/**
 * After so many failures in a row: twice as long each time, and not all at the same moment.
 * @param random from 0 to 1
 */
export function backoff(intervalMs: number, failures: number, random: number): number {
  const most = Math.max(intervalMs, MOST_MS);
  const whole = Math.min(intervalMs * 2 ** Math.min(failures, 30), most);
  return whole / 2 + (whole / 2) * random;
}

/**
 * The pause after a round that went well: what is left of the quota is spread over the time until
 * there is more.
 * @param spent requests of the round that counted
 */
export function paced(intervalMs: number, quota: Quota | null, spent: number): number {
  if (quota === null || spent === 0) return intervalMs;
  const rounds = Math.max(quota.remaining, 1) / spent;
  // Once there is more, nothing is left to spread.
  return Math.max(intervalMs, Math.min(quota.resetMs, quota.resetMs / rounds));
}
