/** The arguments of `npm run bench`. Pure. */
import { parseArgs } from 'node:util';

export interface Options {
  readonly quick: boolean;
  readonly help: boolean;
  /** Names of row groups; empty means all. */
  readonly only: readonly string[];
  readonly rounds: number | null;
  readonly out: string | null;
  readonly mayInstall: boolean;
}

/** @throws Error with what is wrong with the arguments */
export function parseOptions(args: readonly string[], groups: readonly string[]): Options {
  const { values } = parseArgs({
    args: [...args],
    strict: true,
    options: {
      quick: { type: 'boolean', default: false },
      help: { type: 'boolean', default: false },
      only: { type: 'string' },
      rounds: { type: 'string' },
      out: { type: 'string' },
      'no-install': { type: 'boolean', default: false },
    },
  });
  const only = (values.only ?? '').split(',').filter((name) => name !== '');
  for (const name of only) {
    if (groups.includes(name)) continue;
    throw new Error(`--only ${name} is not one of ${groups.join(', ')}`);
  }
  const rounds = values.rounds === undefined ? null : Number(values.rounds);
  if (rounds !== null && !(Number.isInteger(rounds) && rounds > 0)) {
    throw new Error(`--rounds ${values.rounds} is not a number of rounds`);
  }
  return {
    quick: values.quick,
    help: values.help,
    only,
    rounds,
    out: values.out ?? null,
    mayInstall: !values['no-install'],
  };
}
