/** The options of `waitbus stress`, checked. Pure. */
import { parseArgs } from 'node:util';
import { MAX_TIMER_MS, parseDuration } from '../duration.js';
import { UsageError } from '../terminal/exit.js';

export interface StressOptions {
  /** Numbers of agents, one run each. */
  readonly sweep: readonly number[];
  /** How long each run begins rounds. */
  readonly durationMs: number;
  readonly budgetUsd: number;
  /** How many are killed in each run; null: one in five, and one at least. */
  readonly kills: number | null;
  /** Only these families; null: all that the machine has. */
  readonly families: readonly string[] | null;
  readonly real: boolean;
  readonly json: boolean;
  /** Where verdict.json is written. */
  readonly out: string;
}

const LARGEST = 200;

export function parseStress(args: readonly string[]): StressOptions {
  const { values } = parseArgs({
    args: [...args],
    options: {
      sweep: { type: 'string', default: '5,10,20' },
      duration: { type: 'string', default: '60s' },
      'budget-usd': { type: 'string', default: '0.50' },
      kill: { type: 'string' },
      families: { type: 'string' },
      real: { type: 'boolean', default: false },
      json: { type: 'boolean', default: false },
      out: { type: 'string', default: 'waitbus-stress' },
    },
    strict: true,
  });
  const sweep = values.sweep.split(',').map((text) => numberOf('--sweep', text, 2, LARGEST));
  const kills = values.kill === undefined ? null : numberOf('--kill', values.kill, 0, LARGEST);
  if (kills !== null && kills >= Math.min(...sweep)) {
    throw new UsageError(`--kill ${kills} leaves nobody of ${Math.min(...sweep)} to notice it`);
  }
  const durationMs = parseDuration(values.duration);
  if (durationMs === null || durationMs > MAX_TIMER_MS) {
    throw new UsageError(`--duration ${values.duration} is not a duration such as 60s`);
  }
  const budget = values['budget-usd'];
  if (!/^\d+(\.\d+)?$/.test(budget)) {
    throw new UsageError(`--budget-usd ${budget} is not an amount such as 0.50`);
  }
  return {
    sweep,
    durationMs,
    budgetUsd: Number(budget),
    kills,
    families: values.families?.split(',') ?? null,
    real: values.real,
    json: values.json,
    out: values.out,
  };
}

export function killsOf({ kills }: Pick<StressOptions, 'kills'>, count: number): number {
  return kills ?? Math.max(1, Math.floor(count / 5));
}

function numberOf(option: string, text: string, least: number, most: number): number {
  const number = Number(text);
  if (/^\d+$/.test(text) && number >= least && number <= most) return number;
  throw new UsageError(`${option} ${text} is not a number from ${least} to ${most}`);
}
