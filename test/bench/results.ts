/** What is written about a run: the machine, the versions, the settings, every figure. */
import { spawnSync } from 'node:child_process';
import { readFileSync, statfsSync } from 'node:fs';
import { cpus, loadavg, release, tmpdir, totalmem } from 'node:os';
import { REPO } from '../support/sandbox.js';
import type { Bench } from './bench.js';
import type { Peers } from './peers.js';
import { isMet, medianOf, type Row } from './rows.js';
import { SETTINGS } from './systems/brokers.js';
import { SYSTEMS } from './systems/clients.js';

export interface Machine {
  readonly cpu: string;
  readonly cores: number;
  readonly memoryGiB: number;
  readonly kernel: string;
  readonly node: string;
  /** The file system that the stores are on, by its number. */
  readonly fileSystem: string;
  readonly loadAtStart: readonly number[];
}

export function machine(): Machine {
  const processors = cpus();
  return {
    cpu: processors[0]?.model.trim() ?? 'unknown',
    cores: processors.length,
    memoryGiB: Math.round(totalmem() / 2 ** 30),
    kernel: `${process.platform} ${release()}`,
    node: process.version,
    fileSystem: fileSystemOf(tmpdir()),
    loadAtStart: loadavg(),
  };
}

function fileSystemOf(directory: string): string {
  try {
    const mounts = readFileSync('/proc/mounts', 'utf8')
      .trim()
      .split('\n')
      .map((line) => line.split(' '))
      .filter(([, mount = '']) => `${directory}/`.startsWith(mount === '/' ? '/' : `${mount}/`));
    const deepest = mounts.sort((a, b) => (a[1] ?? '').length - (b[1] ?? '').length).at(-1);
    return deepest?.[2] ?? 'unknown';
  } catch {
    return `type ${statfsSync(directory).type.toString(16)}`;
  }
}

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
