/** What is known about a run: the machine, the versions, the settings, every figure. */
import { spawnSync } from 'node:child_process';
import { REPO } from '../support/sandbox.js';
import type { Bench } from './bench.js';
import type { Machine } from './machine.js';
import type { Peers } from './peers.js';
import type { Plan } from './plan.js';
import { isMet, medianOf, type Check, type Figure, type Row } from './rows.js';
import { SETTINGS } from './systems/brokers.js';
import { SYSTEMS } from './systems/clients.js';

export interface Results {
  readonly date: string;
  /** With `and changes` when the tree had any. */
  readonly commit: string;
  readonly plan: Plan;
  /** Its load is that before the run. */
  readonly machine: Machine;
  readonly versions: Peers['versions'];
  readonly settings: typeof SETTINGS;
  readonly skipped: readonly string[];
  readonly problems: readonly string[];
  readonly rows: readonly ResultRow[];
}

/** Latencies are in microseconds, their histograms in nanoseconds. */
interface ResultRow extends Row {
  readonly medians: Readonly<Record<string, Partial<Figure>>>;
  readonly checks: (Check & { readonly met: boolean })[];
}

export function resultsOf(
  bench: Bench,
  { versions, skipped }: Peers,
  { machine, commit }: Pick<Results, 'machine' | 'commit'>,
  rows: readonly Row[],
): Results {
  const { plan, problems } = bench;
  return {
    ...{ date: new Date().toISOString(), commit },
    ...{ plan, machine, versions, settings: SETTINGS, skipped, problems },
    rows: rows.map(resultRow),
  };
}

function resultRow(row: Row): ResultRow {
  const medians = SYSTEMS.filter((system) => row.figures[system] !== undefined).map((system) => [
    system,
    {
      value: medianOf(row, system),
      ...(row.unit === 'us' ? { p99: medianOf(row, system, 'p99') } : {}),
    },
  ]);
  return {
    ...row,
    medians: Object.fromEntries(medians) as ResultRow['medians'],
    checks: row.checks.map((check) => ({ ...check, met: isMet(check) })),
  };
}

/** The commit of the tree at hand. */
export function commitAtHand(): string {
  const git = (...args: string[]) => {
    const { status, stdout } = spawnSync('git', args, { cwd: REPO, encoding: 'utf8' });
    return status === 0 ? stdout.trim() : null;
  };
  const head = git('rev-parse', 'HEAD');
  if (head === null) return 'unknown';
  return git('status', '--porcelain') === '' ? head : `${head} and changes`;
}
