/** `waitbus stress`: many agents on one bus, and whether each of them heard all that it should. */
import { mkdirSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { findInstallation } from '../installation.js';
import { findFamilies, type Family } from '../stress/families.js';
import { machine } from '../stress/machine.js';
import { parseStress, type StressOptions } from '../stress/options.js';
import { findRealFamilies } from '../stress/real/families.js';
import { sweep } from '../stress/sweep.js';
import { ledgerLine, linesOf, verdictOf, type Verdict } from '../stress/verdict.js';
import { EXIT, print, say, UsageError } from '../terminal/exit.js';
import { workingDirectory } from '../working-directory.js';

export async function run(args: readonly string[]): Promise<number> {
  const options = parseStress(args);
  const found = options.real
    ? findRealFamilies(process.env)
    : await findFamilies(workingDirectory());
  const families = chosen(options, found);
  for (const { name, absent } of families) if (absent !== null) say(`absent: ${name}: ${absent}`);
  const playing = families.filter(({ absent }) => absent === null);
  if (playing.length === 0) throw new UsageError('this machine has none of the families');
  const facts = {
    at: new Date().toISOString(),
    command: ['waitbus', 'stress', ...args].join(' '),
    waitbus: findInstallation().version,
    machine: machine(),
    real: options.real,
    families,
    budgetUsd: options.budgetUsd,
    planned: options.sweep.length,
  };
  const { steps, exit } = await sweep(options, playing, {
    onStep: (step) => {
      const [only] = verdictOf(facts, [step]).runs;
      if (only !== undefined) for (const line of linesOf(only)) say(line);
    },
    tell: (text) => say(`  ${text}`),
  });
  const verdict = verdictOf(facts, steps);
  const ledger = ledgerLine(verdict);
  if (ledger !== null) say(ledger);
  const file = write(options, verdict);
  if (verdict.stopped !== null) say(`stopped: ${verdict.stopped}; not everything was checked`);
  say(`${verdict.ok ? 'ok' : 'NOT OK'}: ${file}`);
  if (options.json) print(JSON.stringify(verdict));
  return exit ?? (verdict.ok ? EXIT.ok : EXIT.failure);
}

function chosen({ families }: StressOptions, found: readonly Family[]): readonly Family[] {
  if (families === null) return found;
  return families.map((name) => {
    const family = found.find((one) => one.name === name);
    if (family !== undefined) return family;
    throw new UsageError(
      `--families: there is no ${name}; there are ${found.map((one) => one.name).join(', ')}`,
    );
  });
}

function write({ out }: StressOptions, verdict: Verdict): string {
  mkdirSync(resolve(out), { recursive: true });
  const file = join(resolve(out), 'verdict.json');
  writeFileSync(file, `${JSON.stringify(verdict, null, 2)}\n`);
  return file;
}
