/** What is written about a run: the machine, the versions, the settings, every figure. */
import { spawnSync } from 'node:child_process';
import { REPO } from '../support/sandbox.js';
import type { Bench } from './bench.js';
import type { Machine } from './machine.js';
import type { Peers } from './peers.js';
import { isMet, medianOf, type Row } from './rows.js';
import { SETTINGS } from './systems/brokers.js';
import { SYSTEMS } from './systems/clients.js';

export function resultsOf(
  bench: Bench,
  peers: Peers,
  machineAtStart: Machine,
  rows: readonly Row[],
): object {
  return {
    date: new Date().toISOString(),
    commit: commit(),
    plan: bench.plan,
    machine: machineAtStart,
    versions: peers.versions,
    settings: SETTINGS,
    skipped: peers.skipped,
    problems: bench.problems,
    rows: rows.map((row) => ({
      ...row,
      medians: Object.fromEntries(
        SYSTEMS.filter((system) => row.figures[system] !== undefined).map((system) => [
          system,
          { value: medianOf(row, system), p99: medianOf(row, system, 'p99') },
        ]),
      ),
      checks: row.checks.map((check) => ({ ...check, met: isMet(check) })),
    })),
  };
}

function commit(): string {
  const git = (...args: string[]) =>
    spawnSync('git', args, { cwd: REPO, encoding: 'utf8' }).stdout.trim();
  return git('rev-parse', 'HEAD') + (git('status', '--porcelain') === '' ? '' : ' and changes');
}
