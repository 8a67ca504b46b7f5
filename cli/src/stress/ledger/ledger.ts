/**
 * The ledger's form and its arithmetic: what an agent used, normalised so that every token is in one
 * column, and what that cost, by the basis on which the figure stands. Pure. What was not told is
 * null, never 0, and a sum says how many did not tell.
 */

/** Disjoint: a token is in one of them. null: the program does not tell this column. */
export interface Tokens {
  readonly input_uncached: number | null;
  readonly cache_read: number | null;
  readonly cache_write: number | null;
  /** Without `reasoning`, where that is told; else with it. */
  readonly output: number | null;
  readonly reasoning: number | null;
}

/**
 * `metered`: money that is charged for these tokens. `notional`: what they would cost by the list,
 * under a subscription. `unknown`: the program does not tell which of the two its figure is.
 */
export type Basis = 'metered' | 'notional' | 'unknown';

export interface Usage {
  readonly models: readonly string[];
  readonly tokens: Tokens;
  /** US dollars. */
  readonly cost_usd: number | null;
  readonly basis: Basis;
  /** A unit of its own, of one vendor's subscriptions: not money. */
  readonly premium_requests: number | null;
}

export interface Entry {
  readonly agent: string;
  readonly program: string;
  /** null: it ran, and said nothing of what it used. */
  readonly usage: Usage | null;
}

/** A sum of what was told, null when nobody told, and how many did not. */
export interface Column {
  readonly sum: number | null;
  readonly untold: number;
}

/** The three costs stand on different ground: nothing adds them up. */
export interface Totals {
  readonly entries: number;
  readonly tokens: Readonly<Record<keyof Tokens, Column>>;
  readonly metered_usd: number | null;
  readonly notional_usd: number | null;
  readonly unknown_usd: number | null;
  /** Entries without any cost. */
  readonly without_cost: number;
  readonly premium_requests: Column;
}

export const TOKEN_COLUMNS = [
  'input_uncached',
  'cache_read',
  'cache_write',
  'output',
  'reasoning',
] as const satisfies readonly (keyof Tokens)[];

export function totalsOf(entries: readonly Entry[]): Totals {
  const usages = entries.map(({ usage }) => usage);
  const costOn = (basis: Basis) =>
    columnOf(usages.map((usage) => (usage?.basis === basis ? usage.cost_usd : null))).sum;
  const tokens = Object.fromEntries(
    TOKEN_COLUMNS.map((name) => [name, columnOf(usages.map((usage) => told(usage, name)))]),
  ) as Record<keyof Tokens, Column>;
  return {
    entries: entries.length,
    tokens,
    metered_usd: costOn('metered'),
    notional_usd: costOn('notional'),
    unknown_usd: costOn('unknown'),
    without_cost: usages.filter((usage) => (usage?.cost_usd ?? null) === null).length,
    premium_requests: columnOf(usages.map((usage) => usage?.premium_requests ?? null)),
  };
}

/** Only what is charged for counts: a subscription's list price stops nothing. */
export function budgetSpent({ metered_usd }: Totals, limitUsd: number): boolean {
  return metered_usd !== null && metered_usd >= limitUsd;
}

/** Adds up what was told; null when nothing was. */
export function sumOf(values: readonly (number | null)[]): number | null {
  return columnOf(values).sum;
}

/** A whole without a part of it that has a column of its own; the whole when that is not told. */
export function less(whole: number | null, part: number | null): number | null {
  return whole === null || part === null ? whole : Math.max(0, whole - part);
}

function told(usage: Usage | null, name: keyof Tokens): number | null {
  return usage?.tokens[name] ?? null;
}

function columnOf(values: readonly (number | null)[]): Column {
  const known = values.filter((value) => value !== null);
  return {
    sum: known.length === 0 ? null : known.reduce((sum, value) => sum + value, 0),
    untold: values.length - known.length,
  };
}
