/** What was typed after `npm run soak --`. */
import { parseArgs } from 'node:util';

export interface SoakOptions {
  readonly seconds: number;
  readonly seed: number;
  /** Where the samples go as JSON; null for nowhere. */
  readonly out: string | null;
}

export const SOAK_USAGE = 'npm run soak -- [--minutes 10 | --hours 24] [--seed S] [--out FILE]';

/** @throws Error that says what is wrong */
export function parseSoakOptions(args: readonly string[]): SoakOptions {
  const { values } = parseArgs({
    args: [...args],
    options: {
      minutes: { type: 'string' },
      hours: { type: 'string' },
      seed: { type: 'string', default: String(Math.trunc(Math.random() * 2 ** 31)) },
      out: { type: 'string' },
    },
    strict: true,
  });
  const { minutes, hours } = values;
  if (minutes !== undefined && hours !== undefined)
    throw new Error('--minutes or --hours, not both');
  const length = hours === undefined ? Number(minutes ?? '10') * 60 : Number(hours) * 3600;
  if (!(length > 0)) throw new Error('the length must be a number above 0');
  return { seconds: length, seed: Number(values.seed), out: values.out ?? null };
}
