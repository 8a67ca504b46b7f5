/** `npm run bench`: waitbus beside its peers and the floor, in one run. */
import { Bench } from './bench.js';
import { compilePrograms } from './compile.js';
import { GROUPS } from './groups.js';
import { keep } from './keep.js';
import { endOnSignals, isInterrupted } from './life.js';
import { machine } from './machine.js';
import { parseOptions, type Options } from './options.js';
import { findPeers } from './peers.js';
import { planOf } from './plan.js';
import { commitAtHand, resultsOf } from './results.js';
import type { Row } from './rows.js';
import { tableOf } from './table.js';

const HELP = `npm run bench -- [options]

  --quick          everything in under two minutes, less exactly
  --only a,b       only these groups: ${Object.keys(GROUPS).join(', ')}
  --rounds N       how often everything is run, in turn
  --out DIR        where the results go (default test/bench/results)
  --no-install     do not install redis-server and nats-server where they are missing
  --help           this text
`;

async function main(): Promise<number> {
  const options = parseOptions(process.argv.slice(2), Object.keys(GROUPS));
  if (options.help) {
    process.stdout.write(HELP);
    return 0;
  }
  endOnSignals();
  const atStart = { machine: machine(), commit: commitAtHand() };
  const say = (text: string) => process.stderr.write(`bench: ${text}\n`);
  const peers = findPeers(options.mayInstall, say);
  for (const skipped of peers.skipped) say(`skipped ${skipped}`);
  await compilePrograms();
  const bench = new Bench(planOf(options), peers.present);
  const rows = await runGroups(bench, options);
  const file = await keep(options, resultsOf(bench, peers, atStart, rows));
  process.stdout.write(`${tableOf(rows)}\n\nin full: ${file}\n`);
  for (const skipped of peers.skipped) process.stdout.write(`skipped ${skipped}\n`);
  for (const problem of bench.problems) process.stdout.write(`PROBLEM ${problem}\n`);
  return bench.problems.length === 0 ? 0 : 1;
}

async function runGroups(bench: Bench, { only }: Options): Promise<Row[]> {
  const rows: Row[] = [];
  for (const [name, group] of Object.entries(GROUPS)) {
    if (only.length > 0 && !only.includes(name)) continue;
    bench.begin(name);
    const began = performance.now();
    try {
      rows.push(...(await group(bench)));
    } catch (error) {
      if (isInterrupted()) throw error;
      bench.problem((error as Error).message);
    }
    bench.say(`took ${((performance.now() - began) / 1000).toFixed(0)} s`);
  }
  return rows;
}

process.exitCode = await main().catch((error: unknown) => {
  if (!isInterrupted()) process.stderr.write(`bench: ${(error as Error).message}\n`);
  return 2;
});
