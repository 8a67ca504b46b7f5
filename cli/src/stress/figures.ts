/** Figures of many measured times. Pure. */

export interface Figures {
  readonly count: number;
  /** Milliseconds, as are the others. */
  readonly median_ms: number;
  readonly p99_ms: number;
  readonly max_ms: number;
}

/** @param times nanoseconds; null when there is none */
export function figuresOf(times: readonly bigint[]): Figures | null {
  if (times.length === 0) return null;
  const sorted = [...times].sort((a, b) => (a < b ? -1 : a > b ? 1 : 0));
  return {
    count: sorted.length,
    median_ms: milliseconds(medianOf(sorted)),
    p99_ms: milliseconds(sorted[Math.ceil(sorted.length * 0.99) - 1] ?? 0n),
    max_ms: milliseconds(sorted.at(-1) ?? 0n),
  };
}

/** Of an even number, the mean of the two in the middle. */
function medianOf(sorted: readonly bigint[]): bigint {
  const middle = sorted.length >> 1;
  const upper = sorted[middle] ?? 0n;
  return sorted.length % 2 === 1 ? upper : (upper + (sorted[middle - 1] ?? 0n)) / 2n;
}

/** With three digits after the point. */
function milliseconds(nanoseconds: bigint): number {
  return Math.round(Number(nanoseconds) / 1000) / 1000;
}
