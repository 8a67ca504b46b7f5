/**
 * `npm run soak`: mixed steady load for as long as told, and a judge that fails it when the daemon's
 * memory, descriptors, WAL or wake-up latency grow, or when the checker finds a lap wrong.
 */
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { grows, median, trendOf } from './slope.js';
import { parseSoakOptions, SOAK_USAGE, type SoakOptions } from './soak-options.js';
import { Lap } from './soak-load.js';
import { Probe, type Measure, type Reading } from './soak-probe.js';
import { Stage } from './stage.js';

const SAMPLES = 240;
const SHORTEST_BETWEEN_SECONDS = 2;
const LONGEST_LAP_SECONDS = 600;
const LAPS_AT_LEAST = 4;
/** The log of a day must fit on the disk; it is removed from under the same load all the while. */
const CONFIG = { retention: { maxSize: '50MB' } };

/** How much each may grow over the window, with 99 % confidence, and the unit to say it in. */
const TOLERATED: Readonly<
  Record<Measure, { readonly unit: string; readonly of: (readings: readonly Reading[]) => number }>
> = {
  rssMiB: { unit: 'MiB', of: () => 8 },
  descriptors: { unit: '', of: () => 4 },
  walMiB: { unit: 'MiB', of: () => 8 },
  wakeUpMs: { unit: 'ms', of: (readings) => middle(readings, 'wakeUpMs') / 2 },
};

const stopping = new AbortController();
process.once('SIGINT', () => stopping.abort());

function print(line: string): void {
  process.stdout.write(`${line}\n`);
}

function middle(readings: readonly Reading[], measure: Measure): number {
  return median(readings.map((reading) => reading[measure]).sort((a, b) => a - b));
}

/** A line a measure; says whether all of them hold. */
function judge(readings: readonly Reading[]): boolean {
  let holds = true;
  for (const [measure, { unit, of }] of Object.entries(TOLERATED)) {
    const name = measure as Measure;
    const trend = trendOf(readings.map((reading) => ({ ...reading, value: reading[name] })));
    const tolerated = of(readings);
    const bad = grows(trend, tolerated);
    if (bad) holds = false;
    const said =
      trend === null
        ? 'too few samples to judge'
        : `grew by ${trend.growth.toFixed(2)} ${unit} over the window (at least ` +
          `${trend.atLeast.toFixed(2)} with 99 %; ${tolerated.toFixed(2)} tolerated), ` +
          `median ${middle(readings, name).toFixed(2)}, ${trend.samples} samples`;
    print(`${bad ? 'FAILED' : 'ok    '} ${name}: ${said}`);
  }
  return holds;
}

async function soak(stage: Stage, { seconds, seed }: SoakOptions, readings: Reading[]) {
  mkdirSync(stage.box.paths.configDir, { recursive: true });
  writeFileSync(join(stage.box.paths.configDir, 'config.json'), JSON.stringify(CONFIG));
  await stage.startDaemon();
  const began = performance.now();
  const elapsed = () => (performance.now() - began) / 1000;
  const between = Math.max(SHORTEST_BETWEEN_SECONDS, seconds / SAMPLES);
  const lapSeconds = Math.min(LONGEST_LAP_SECONDS, seconds / LAPS_AT_LEAST);
  print(`soak: ${seconds} s, a sample each ${between.toFixed(1)} s, seed ${seed}`);
  for (let number = 1; elapsed() < seconds && !stopping.signal.aborted; number += 1) {
    const lap = await Lap.begin(stage, number);
    const probe = await Probe.open(stage, `probe${number}`);
    const until = Math.min(seconds, elapsed() + lapSeconds);
    while (elapsed() < until && !stopping.signal.aborted) {
      await pause(between * 1000, undefined, { signal: stopping.signal }).catch(() => undefined);
      const reading = await probe.read(elapsed());
      readings.push(reading);
      if (readings.length % 10 === 0) print(line(reading));
    }
    probe.close();
    const { waits } = lap;
    const { acknowledged, seen } = await lap.end();
    print(`       lap ${number} holds: ${acknowledged} acknowledged, ${seen} seen, ${waits} waits`);
  }
}

function line({ seconds, rssMiB, descriptors, walMiB, wakeUpMs }: Reading): string {
  return (
    `${seconds.toFixed(0).padStart(6)} s: ${rssMiB.toFixed(1)} MiB resident, ${descriptors} descriptors, ` +
    `WAL ${walMiB.toFixed(1)} MiB, wake-up ${wakeUpMs.toFixed(2)} ms`
  );
}

async function main(): Promise<number> {
  const options = parseSoakOptions(process.argv.slice(2));
  const stage = await Stage.open(options.seed);
  const readings: Reading[] = [];
  try {
    await soak(stage, options, readings);
    return judge(readings) ? 0 : 1;
  } catch (error) {
    // Ctrl-C reaches the programs through the terminal too; what they say of it concerns nobody.
    if (stopping.signal.aborted) return judge(readings) ? 0 : 1;
    print(`FAILED ${(error as Error).message}`);
    print(`       what it left behind: ${await stage.keep()}`);
    return 1;
  } finally {
    if (options.out !== null) {
      writeFileSync(options.out, `${JSON.stringify({ ...options, readings }, null, 1)}\n`);
    }
    await stage[Symbol.asyncDispose]();
  }
}

process.exitCode = await main().catch((error: unknown) => {
  process.stderr.write(`soak: ${(error as Error).message}\n${SOAK_USAGE}\n`);
  return 2;
});
