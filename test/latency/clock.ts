/** The one clock of a measurement: CLOCK_MONOTONIC, which Python's time.monotonic_ns() reads, too. */

export function now(): number {
  return ofNanoseconds(process.hrtime.bigint());
}

/** @param nanoseconds of CLOCK_MONOTONIC, as another process read them */
export function ofNanoseconds(nanoseconds: bigint): number {
  return Number(nanoseconds) / 1e6;
}

/** A time of the wall clock, in milliseconds since the epoch, as it is on this clock now. */
export function ofWallClock(milliseconds: number): number {
  // At the moment in which it changes, Date.now() is exact.
  const before = Date.now();
  let wall = before;
  while (wall === before) wall = Date.now();
  return milliseconds - (wall - now());
}
