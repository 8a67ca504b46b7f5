/** What was typed after `npm run torture --`. */
import { parseArgs } from 'node:util';
import type { Act, Scale } from './act.js';

export interface TortureOptions {
  readonly list: boolean;
  readonly minutes: number;
  readonly seed: number;
  readonly acts: readonly Act[];
  /** Plays each of the acts once, with this seed for its choices. */
  readonly actSeed: number | null;
  readonly scale: Scale;
}

export const USAGE = `npm run torture -- [--minutes N] [--seed S] [--only name,name] [--brief | --full] [--list]
npm run torture -- --only name --act-seed S     plays that act once, with the choices it had`;

/** @throws Error that says what is wrong */
export function parseOptions(args: readonly string[], all: readonly Act[]): TortureOptions {
  const { values } = parseArgs({
    args: [...args],
    options: {
      minutes: { type: 'string', default: '10' },
      seed: { type: 'string', default: String(Math.trunc(Math.random() * 2 ** 31)) },
      only: { type: 'string' },
      'act-seed': { type: 'string' },
      brief: { type: 'boolean', default: false },
      full: { type: 'boolean', default: false },
      list: { type: 'boolean', default: false },
    },
    strict: true,
  });
  const actSeed = values['act-seed'];
  return {
    list: values.list,
    minutes: number('minutes', values.minutes),
    seed: number('seed', values.seed),
    acts: values.only === undefined ? all : chosen(values.only, all),
    actSeed: actSeed === undefined ? null : number('act-seed', actSeed),
    scale: values.full ? 'full' : values.brief ? 'brief' : 'torture',
  };
}

function number(name: string, text: string): number {
  const value = Number(text);
  if (text !== '' && Number.isFinite(value) && value >= 0) return value;
  throw new Error(`--${name} ${text} is not a number`);
}

function chosen(names: string, all: readonly Act[]): readonly Act[] {
  return names.split(',').map((name) => {
    const act = all.find((one) => one.name === name);
    if (act === undefined) throw new Error(`no act is called ${name}; see --list`);
    return act;
  });
}
