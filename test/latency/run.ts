/** `npm run latency`: from something happening to the exit of the wait, for each source. */
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { machine } from '../bench/machine.js';
import { REPO } from '../support/sandbox.js';
import { COSTS } from './cost.js';
import { measure } from './measure.js';
import { placed, tableOf, type Measured, type Paid, type Results, type Skipped } from './result.js';
import { measureStart } from './start.js';
import { SUBJECTS } from './subjects.js';

const HELP = `npm run latency -- [options]

  --rounds N    how often each is measured (default 20)
  --only a,b    only these sources: ${SUBJECTS.map(({ source }) => source).join(', ')}
  --dry         print only: change neither README.md nor test/latency/results.json
  --help        this text
`;

async function main(): Promise<number> {
  const { values } = parseArgs({
    strict: true,
    options: {
      rounds: { type: 'string', default: '20' },
      only: { type: 'string' },
      dry: { type: 'boolean', default: false },
      help: { type: 'boolean', default: false },
    },
  });
  if (values.help) {
    process.stdout.write(HELP);
    return 0;
  }
  const rounds = Number(values.rounds);
  if (!(Number.isInteger(rounds) && rounds > 0)) throw new Error('--rounds takes a number over 0');
  const only = values.only?.split(',');
  const unknown = only?.find((name) => SUBJECTS.every(({ source }) => source !== name));
  if (unknown !== undefined) throw new Error(`--only: there is no ${unknown}; see --help`);
  const results = await measureAll(rounds, only);
  const table = tableOf(results);
  process.stdout.write(`${table}\n`);
  // A part of the table would take the place of the whole.
  if (!values.dry && only === undefined) keep(results, table);
  return 0;
}

async function measureAll(rounds: number, only: readonly string[] | undefined): Promise<Results> {
  const about = { date: new Date().toISOString(), machine: machine() };
  const measured: Measured[] = [];
  const skipped: Skipped[] = [];
  for (const subject of SUBJECTS) {
    const { source } = subject;
    if (only !== undefined && !only.includes(source)) continue;
    const reason = subject.missing();
    if (reason === null) {
      process.stderr.write(`latency: ${source}\n`);
      measured.push(await measure(subject, rounds));
    } else {
      process.stderr.write(`latency: ${source} skipped: ${reason}\n`);
      skipped.push({ source, reason });
    }
  }
  const paid: Paid[] = [];
  for (const cost of COSTS) {
    const { source, what } = cost;
    if ((only !== undefined && !only.includes(source)) || cost.missing() !== null) continue;
    process.stderr.write(`latency: cost of ${source}\n`);
    paid.push({ source, what, figure: await cost.measure() });
  }
  process.stderr.write('latency: the start of a process\n');
  const confinement = await measureStart(rounds);
  return { ...about, measured, paid, skipped, ...(confinement === null ? {} : { confinement }) };
}

function keep(results: Results, table: string): void {
  const readme = join(REPO, 'README.md');
  writeFileSync(readme, placed(readFileSync(readme, 'utf8'), table));
  const file = join(REPO, 'test', 'latency', 'results.json');
  writeFileSync(file, `${JSON.stringify(results, null, 2)}\n`);
}

process.exitCode = await main().catch((error: unknown) => {
  process.stderr.write(`latency: ${(error as Error).message}\n`);
  return 2;
});
