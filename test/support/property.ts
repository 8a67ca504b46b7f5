/** Runs a fast-check property under a seed that is printed and can be set: WAITBUS_TEST_SEED=123. */
import type { TestContext } from 'node:test';
import fc from 'fast-check';

/** The seed of this run's random choices, printed with the test. */
export function seedOf(t: TestContext): number {
  const given = process.env['WAITBUS_TEST_SEED'];
  const seed = given === undefined ? Math.trunc(Math.random() * 2 ** 31) : Number(given);
  t.diagnostic(`seed ${seed}; run again with WAITBUS_TEST_SEED=${seed}`);
  return seed;
}

export function check<T>(
  t: TestContext,
  property: fc.IRawProperty<T, false>,
  options: { readonly numRuns: number },
): void {
  fc.assert(property, { seed: seedOf(t), numRuns: options.numRuns });
}

/** A generator of 32-bit numbers, mulberry32: the same seed gives the same numbers everywhere. */
export function randomOf(seed: number): (below: number) => number {
  let state = seed >>> 0;
  return (below) => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) % below;
  };
}
