/**
 * Fuzzes on and on, a process a target, and keeps in the corpus what breaks or hangs.
 *
 *   npm run fuzz -- [--minutes N] [--target NAME] [--seed S]
 */
import { fork, type ChildProcess } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { inputOf, keep } from './target.js';
import { TARGETS } from './targets/index.js';

/** No input takes this long, in milliseconds. */
const HANG_MS = 20_000;
/** A target that breaks again and again is left alone. */
const MOST_FAILURES = 20;

const { values } = parseArgs({
  options: {
    minutes: { type: 'string', default: '5' },
    target: { type: 'string' },
    seed: { type: 'string', default: String(Math.trunc(Math.random() * 2 ** 31)) },
  },
});
const minutes = Number(values.minutes);
const seed = Number(values.seed);
const names = values.target === undefined ? Object.keys(TARGETS) : [values.target];
if (!(minutes > 0) || !Number.isInteger(seed) || !names.every((name) => name in TARGETS)) {
  say(`usage: npm run fuzz -- [--minutes N] [--seed S] [--target NAME]`);
  say(`targets: ${Object.keys(TARGETS).join(', ')}`);
  process.exit(2);
}

const directory = mkdtempSync(join(tmpdir(), 'waitbus-fuzz-'));
say(`seed ${seed}, ${minutes} minutes, ${names.join(', ')}`);
const results = await Promise.all(names.map((name) => fuzzTarget(name)));
rmSync(directory, { recursive: true });
for (const { name, inputs, failures } of results) {
  say(`${name.padEnd(12)} ${inputs} inputs, ${failures} failures`);
}
process.exitCode = results.every(({ inputs, failures }) => inputs > 0 && failures === 0) ? 0 : 1;

function say(line: string): void {
  process.stdout.write(`${line}\n`);
}

/** One process for a target; a new one, from other inputs on, after a hang. */
async function fuzzTarget(
  name: string,
): Promise<{ name: string; inputs: number; failures: number }> {
  const end = performance.now() + minutes * 60_000;
  let inputs = 0;
  let failures = 0;
  for (let run = 0; performance.now() < end && failures < MOST_FAILURES; run += 1) {
    const progress = join(directory, `${name}-${run}`);
    const worker = start(name, seed + run, progress);
    worker.on('message', (failure: { index: number; file: string; message: string }) => {
      failures += 1;
      say(`\n${name}, input ${failure.index}: ${failure.message}\n  kept as ${failure.file}`);
      if (failures >= MOST_FAILURES) worker.kill('SIGKILL');
    });
    const stuck = await watch(worker, progress, end);
    inputs += readIndex(progress);
    if (stuck !== null) failures += 1;
    if (stuck !== null) reportHang(name, seed + run, stuck);
  }
  return { name, inputs, failures };
}

function start(name: string, from: number, progress: string): ChildProcess {
  const worker = fileURLToPath(new URL('worker.ts', import.meta.url));
  return fork(worker, [name, String(from), progress], {
    execArgv: ['--import', 'tsx'],
    // What a killed worker leaves goes with the directory.
    env: { ...process.env, TMPDIR: directory },
  });
}

/** Waits for the worker's end, which comes when the time is up. Returns the input that hangs, or null. */
function watch(worker: ChildProcess, progress: string, end: number): Promise<number | null> {
  return new Promise((resolve) => {
    let stuck: number | null = null;
    let last = -1;
    const look = setInterval(() => {
      const index = readIndex(progress);
      if (index === last) stuck = index;
      last = index;
      if (stuck !== null) worker.kill('SIGKILL');
    }, HANG_MS);
    const stop = setTimeout(() => worker.kill('SIGKILL'), Math.max(0, end - performance.now()));
    worker.once('exit', () => {
      clearInterval(look);
      clearTimeout(stop);
      resolve(stuck);
    });
  });
}

function reportHang(name: string, from: number, index: number): void {
  const target = TARGETS[name]?.();
  if (target === undefined) return;
  const file = keep(name, 'hung', inputOf(target, from, index).input);
  say(`\n${name}, input ${index} took over ${HANG_MS / 1000} s\n  kept as ${file}`);
}

/** How far a worker has come; 0 before its first input. */
function readIndex(progress: string): number {
  try {
    return Number(readFileSync(progress, 'utf8'));
  } catch {
    return 0;
  }
}
