/** How often a session is woken: a pure decision over when it was before. */

export interface Budget {
  /** At most so many wakes ... */
  readonly wakes: number;
  /** ... in so many milliseconds. */
  readonly windowMs: number;
}

export const DEFAULT_BUDGET: Budget = { wakes: 20, windowMs: 3_600_000 };

const DURATION_UNITS: Readonly<Record<string, number>> = { m: 60_000, h: 3_600_000, d: 86_400_000 };

/** @param wokenAt when it was woken, in milliseconds since the epoch */
export function mayWake(
  { wakes, windowMs }: Budget,
  wokenAt: readonly number[],
  now: number,
): boolean {
  return wokenAt.filter((at) => at > now - windowMs && at <= now).length < wakes;
}

/** `20/1h`, `5/10m`; null when it is none. */
export function parseBudget(text: string): Budget | null {
  const [, wakes, count = '', unit] = /^(\d{1,4})\/(\d{0,4})([mhd])$/.exec(text) ?? [];
  const unitMs = DURATION_UNITS[unit ?? ''];
  if (wakes === undefined || unitMs === undefined) return null;
  const windowMs = Number(count === '' ? 1 : count) * unitMs;
  return windowMs === 0 ? null : { wakes: Number(wakes), windowMs };
}
