/** A sweep: one run after the other, each on a daemon of its own, until time, money or the list ends. */
import { resolve } from 'node:path';
import { EXIT } from '../terminal/exit.js';
import type { Family } from './families.js';
import type { Entry } from './ledger/index.js';
import { killsOf, type StressOptions } from './options.js';
import { Seeder } from './seeder.js';
import { Step } from './step.js';
import type { StepResult } from './step-form.js';
import { Troupe } from './troupe.js';

/** A round of programs that call no model, and one of those that do. */
const ROUND_LIMIT_MS = 60_000;
const REAL_ROUND_LIMIT_MS = 300_000;
/** A real round costs a turn of every agent. */
const REAL_ROUNDS = 1;

export interface SweepEnds {
  readonly onStep: (step: StepResult) => void;
  readonly tell: (text: string) => void;
}

export async function sweep(
  options: StressOptions,
  families: readonly Family[],
  { onStep, tell }: SweepEnds,
): Promise<{ readonly steps: readonly StepResult[]; readonly exit: number | null }> {
  const stop = new AbortController();
  let exit: number | null = null;
  const interrupt = (code: number) => () => {
    exit = code;
    stop.abort();
  };
  const listeners = [
    ['SIGINT', interrupt(EXIT.sigint)],
    ['SIGTERM', interrupt(EXIT.sigterm)],
    ['SIGHUP', interrupt(EXIT.sigterm)],
  ] as const;
  for (const [signal, listener] of listeners) process.once(signal, listener);
  const steps: StepResult[] = [];
  const before: Entry[] = [];
  try {
    for (const count of options.sweep) {
      if (stop.signal.aborted) break;
      const step = await playOne(options, families, count, before, stop.signal, tell);
      steps.push(step);
      before.push(...step.entries);
      onStep(step);
      if (step.stopped !== null) break;
    }
  } finally {
    for (const [signal, listener] of listeners) process.removeListener(signal, listener);
  }
  return { steps, exit };
}

async function playOne(
  options: StressOptions,
  families: readonly Family[],
  count: number,
  before: readonly Entry[],
  signal: AbortSignal,
  tell: (text: string) => void,
): Promise<StepResult> {
  const troupe = new Troupe();
  const run = newRun();
  try {
    await troupe.openHouse();
    const seeder = await Seeder.connect(troupe.paths);
    const plan = {
      run,
      count,
      kills: killsOf(options, count),
      families,
      durationMs: options.durationMs,
      rounds: options.real ? REAL_ROUNDS : Number.MAX_SAFE_INTEGER,
      roundLimitMs: options.real ? REAL_ROUND_LIMIT_MS : ROUND_LIMIT_MS,
      budgetUsd: options.budgetUsd,
      before,
      signal,
      tell,
    };
    const result = await new Step(plan, troupe, seeder).play();
    seeder.close();
    return result;
  } finally {
    // In a new directory: nothing that lies there is replaced.
    troupe.keepJournals(resolve(options.out, `n${count}-${run}`));
    await troupe.close();
  }
}

/** A name that no other run of this machine has; with what the families add, it is an agent's. */
function newRun(): string {
  return `s${process.pid.toString(36)}${Date.now().toString(36).slice(-6)}`;
}
