/** The two clocks of a run: the one that all processes of the machine share, and the wall's. */

/**
 * How far the wall's clock is ahead of the shared one, in nanoseconds. The wall's is read at the
 * moment at which its millisecond changes: Node shows no finer part of it.
 */
export function wallOffset(): bigint {
  const start = Date.now();
  let now = start;
  while (now === start) now = Date.now();
  return BigInt(now) * 1_000_000n - process.hrtime.bigint();
}
