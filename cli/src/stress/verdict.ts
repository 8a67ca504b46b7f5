/**
 * The verdict of a sweep: its documented form (docs/stress.md), how it is made of the runs, and what
 * people see of it. Pure.
 */
import type { Family } from './families.js';
import type { Figures } from './figures.js';
import type { Invariant } from './invariants.js';
import type { Latencies } from './latency.js';
import { totalsOf, type Entry, type Totals } from './ledger/index.js';
import type { StepResult } from './step-form.js';

export interface Machine {
  readonly cpu: string;
  readonly cores: number;
  readonly memory_gib: number;
  readonly kernel: string;
  readonly node: string;
  readonly load_at_start: readonly number[];
}

export interface Verdict {
  readonly form: 1;
  readonly ok: boolean;
  /** Whether every run of the sweep was played to its end. */
  readonly complete: boolean;
  readonly stopped: 'budget' | 'interrupted' | null;
  /** ISO 8601. */
  readonly at: string;
  readonly command: string;
  readonly waitbus: string;
  readonly machine: Machine;
  readonly real: boolean;
  readonly families: readonly {
    readonly name: string;
    readonly title: string;
    /** Why it took no part; null when it did. */
    readonly absent: string | null;
  }[];
  readonly runs: readonly RunVerdict[];
  readonly budget: { readonly limit_usd: number; readonly metered_usd: number | null };
  readonly ledger: { readonly totals: Totals; readonly entries: readonly Entry[] };
}

export interface RunVerdict {
  readonly n: number;
  readonly ok: boolean;
  readonly rounds: number;
  readonly seconds: number;
  readonly agents: StepResult['agents'];
  readonly invariants: readonly Invariant[];
  readonly latency: Latencies;
  readonly last_words: StepResult['last_words'];
}

export interface Facts {
  readonly at: string;
  readonly command: string;
  readonly waitbus: string;
  readonly machine: Machine;
  readonly real: boolean;
  readonly families: readonly Pick<Family, 'name' | 'title' | 'absent'>[];
  readonly budgetUsd: number;
  /** How many runs the sweep was to have. */
  readonly planned: number;
}

export function verdictOf(facts: Facts, steps: readonly StepResult[]): Verdict {
  const runs = steps.map((step): RunVerdict => {
    const { n, rounds, seconds, agents, invariants, latency, last_words } = step;
    const ok = step.stopped === null && invariants.every((invariant) => invariant.ok);
    return { n, ok, rounds, seconds, agents, invariants, latency, last_words };
  });
  const stopped = steps.find((step) => step.stopped !== null)?.stopped ?? null;
  const complete = stopped === null && steps.length === facts.planned;
  const entries = steps.flatMap((step) => step.entries);
  const totals = totalsOf(entries);
  return {
    form: 1,
    ok: complete && runs.every((run) => run.ok),
    complete,
    stopped,
    at: facts.at,
    command: facts.command,
    waitbus: facts.waitbus,
    machine: facts.machine,
    real: facts.real,
    families: facts.families.map(({ name, title, absent }) => ({ name, title, absent })),
    runs,
    budget: { limit_usd: facts.budgetUsd, metered_usd: totals.metered_usd },
    ledger: { totals, entries },
  };
}

/** What people see of a run, a line each. */
export function linesOf(run: RunVerdict): string[] {
  const { latency } = run;
  const families = Object.entries(latency.seed_by_family).map(
    ([family, figures]) => `${family} ${shown(figures)}`,
  );
  return [
    `N=${run.n}: ${run.ok ? 'all held' : run.invariants.length === 0 ? 'not checked' : 'NOT OK'}; ${run.rounds} rounds in ${run.seconds.toFixed(1)} s`,
    `  awake after the seed, median / p99: ${shown(latency.seed)} ms  (${families.join(', ')})`,
    `  awake after a kill, median / p99: ${shown(latency.death)} ms`,
    ...run.invariants.map(
      ({ name, ok, means, checked, violated, violations }) =>
        `  ${ok ? 'ok    ' : 'NOT OK'} ${name}: ${means} (${checked} checked${violated > 0 ? `, ${violated} not: ${violations.slice(0, 3).join('; ')}` : ''})`,
    ),
    ...Object.entries(run.last_words).map(([name, words]) => `  ${name} said last: ${words}`),
  ];
}

/** The ledger's sums; the three costs in columns of their own. */
export function ledgerLine({ ledger, budget }: Verdict): string | null {
  const { entries, metered_usd, notional_usd, unknown_usd, without_cost, tokens } = ledger.totals;
  if (entries === 0) return null;
  const usd = (amount: number | null) => (amount === null ? 'none told' : `$${amount.toFixed(4)}`);
  return [
    `ledger: ${entries} turns; metered ${usd(metered_usd)} of $${budget.limit_usd}`,
    `notional ${usd(notional_usd)}`,
    `unknown basis ${usd(unknown_usd)}`,
    `without a cost ${without_cost}`,
    `tokens in ${tokens.input_uncached.sum ?? '?'} + cache ${tokens.cache_read.sum ?? '?'}/${tokens.cache_write.sum ?? '?'}, out ${tokens.output.sum ?? '?'} + reasoning ${tokens.reasoning.sum ?? '?'}`,
  ].join('; ');
}

function shown(figures: Figures | null): string {
  if (figures === null) return 'none';
  return `${figures.median_ms.toFixed(1)} / ${figures.p99_ms.toFixed(1)}`;
}
