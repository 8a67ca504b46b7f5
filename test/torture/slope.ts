/**
 * Whether a series grows: Theil-Sen's slope (the median of the slopes between all pairs of samples)
 * with Sen's confidence interval. Pure. A few outliers, a sawtooth or noise do not move it.
 */

export interface Sample {
  readonly seconds: number;
  readonly value: number;
}

export interface Trend {
  /** What the median slope makes of the whole window, in the unit of the values. */
  readonly growth: number;
  /** The least growth over the window that the confidence allows. */
  readonly atLeast: number;
  readonly samples: number;
}

/** Two-sided 99 %: of a thousand steady series five are said to grow, before the threshold. */
const Z = 2.576;
/** How much of the window at the beginning is warm-up: a share of it, and never less than this. */
const WARM_UP = 0.2;
const SHORTEST_WARM_UP_SECONDS = 120;
/** With fewer samples after warm-up nothing is said. */
const FEWEST = 10;

/** @returns null when there are too few samples to say anything */
export function trendOf(all: readonly Sample[]): Trend | null {
  const warm = warmUpOf(all);
  const samples = all.filter(({ seconds }) => seconds >= warm);
  const first = samples[0];
  const last = samples.at(-1);
  if (samples.length < FEWEST || first === undefined || last === undefined) return null;
  const window = last.seconds - first.seconds;
  const slopes = slopesOf(samples);
  const n = samples.length;
  const spread = Z * Math.sqrt((n * (n - 1) * (2 * n + 5)) / 18);
  const lower = Math.max(0, Math.floor((slopes.length - spread) / 2));
  return {
    growth: median(slopes) * window,
    atLeast: (slopes[lower] ?? 0) * window,
    samples: n,
  };
}

/** It grows when even the least that the confidence allows is more than what is tolerated. */
export function grows(trend: Trend | null, tolerated: number): boolean {
  return trend !== null && trend.atLeast > tolerated;
}

function warmUpOf(all: readonly Sample[]): number {
  const begin = all[0]?.seconds ?? 0;
  const length = (all.at(-1)?.seconds ?? 0) - begin;
  return begin + Math.max(SHORTEST_WARM_UP_SECONDS, length * WARM_UP);
}

/** The middle of a sorted list. */
export function median(sorted: readonly number[]): number {
  const middle = sorted.length / 2;
  const low = sorted[Math.ceil(middle) - 1] ?? NaN;
  const high = sorted[Math.floor(middle)] ?? NaN;
  return (low + high) / 2;
}

function slopesOf(samples: readonly Sample[]): number[] {
  const slopes = samples.flatMap((from, index) =>
    samples
      .slice(index + 1)
      .map((to) => (to.value - from.value) / Math.max(to.seconds - from.seconds, 1e-9)),
  );
  return slopes.sort((left, right) => left - right);
}
