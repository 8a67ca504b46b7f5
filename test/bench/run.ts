/** `npm run bench`: waitbus beside its peers and the floor, in one run. */
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { Bench } from './bench.js';
import { compilePrograms } from './compile.js';
import { GROUPS } from './groups.js';
import { endOnSignals } from './life.js';
import { parseOptions, type Options } from './options.js';
import { findPeers } from './peers.js';
import { planOf } from './plan.js';
import { machine, type Machine } from './machine.js';
import { pictureOf } from './picture.js';
import { resultsOf } from './results.js';
import type { Row } from './rows.js';
import { tableOf } from './table.js';

const RESULTS = fileURLToPath(new URL('results', import.meta.url));
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
  const atStart = machine();
  const say = (text: string) => process.stderr.write(`bench: ${text}\n`);
  const peers = findPeers(options.mayInstall, say);
  for (const skipped of peers.skipped) say(`skipped ${skipped}`);
  await compilePrograms();
  const bench = new Bench(planOf(options), peers.present);
  const rows = await runGroups(bench, options);
  write(options, rows, atStart, resultsOf(bench, peers, atStart, rows));
  process.stdout.write(`${tableOf(rows)}\n`);
  for (const skipped of peers.skipped) process.stdout.write(`skipped ${skipped}\n`);
  for (const problem of bench.problems) process.stdout.write(`PROBLEM ${problem}\n`);
  return bench.problems.length === 0 ? 0 : 1;
}

async function runGroups(bench: Bench, { only }: Options): Promise<Row[]> {
  const rows: Row[] = [];
  for (const [name, group] of Object.entries(GROUPS)) {
    if (only.length > 0 && !only.includes(name)) continue;
    bench.begin(name);
    rows.push(...(await group(bench)));
  }
  return rows;
}

/** A partial or a quick run never takes the place of a full one, nor draws a picture by itself. */
function write(options: Options, rows: readonly Row[], atStart: Machine, results: object): void {
  const { quick, only, out } = options;
  const directory = out ?? RESULTS;
  const name = quick ? 'quick.json' : only.length > 0 ? 'partial.json' : 'latest.json';
  mkdirSync(directory, { recursive: true });
  writeFileSync(join(directory, name), `${JSON.stringify(results, null, 1)}\n`);
  if (name !== 'latest.json' && out === null) return;
  writeFileSync(join(directory, 'latency-throughput.svg'), pictureOf(rows, atStart));
}

process.exitCode = await main().catch((error: unknown) => {
  process.stderr.write(`bench: ${(error as Error).message}\n`);
  return 2;
});
