/** What the fake model says that a request cost, in the ledger's terms: no part contains another. */
export interface Usage {
  readonly uncached: number;
  readonly cacheRead: number;
  readonly cacheWrite: number;
  /** Without reasoning. */
  readonly output: number;
  readonly reasoning: number;
}

/**
 * Every number differs from every other and grows with the conversation, so that a ledger which takes
 * one part for another, or leaves out a request, is wrong by a sum that shows.
 *
 * @param length how many things were said before
 */
export function usageOf(length: number): Usage {
  return {
    uncached: 101 + 7 * length,
    cacheRead: 2003 + 211 * length,
    cacheWrite: 503 + 13 * length,
    output: 41 + length,
    reasoning: 17 + length,
  };
}

export function sum(usages: readonly Usage[]): Usage {
  return usages.reduce(
    (a, b) => ({
      uncached: a.uncached + b.uncached,
      cacheRead: a.cacheRead + b.cacheRead,
      cacheWrite: a.cacheWrite + b.cacheWrite,
      output: a.output + b.output,
      reasoning: a.reasoning + b.reasoning,
    }),
    { uncached: 0, cacheRead: 0, cacheWrite: 0, output: 0, reasoning: 0 },
  );
}
