/** `waitbus source env NAME`: shell lines that turn an emit-only source on. */
import { parseArgs } from 'node:util';
import { shellWord } from '@waitbus/plugin-sdk/envelope';
import { EXIT, print, UsageError } from '../../terminal/exit.js';
import { shellEnvironment } from '../../sources/shell-env.js';

export const help = `usage: waitbus source env NAME

Prints shell lines that make programs of this shell emit under a source.

example
  eval "$(waitbus source env pytest)"     # from now on every pytest in this shell is heard`;

export async function run(args: readonly string[]): Promise<number> {
  const { positionals } = parseArgs({
    args: [...args],
    allowPositionals: true,
    options: {},
    strict: true,
  });
  const [name, ...rest] = positionals;
  if (name === undefined || rest.length > 0) throw new UsageError('usage: waitbus source env NAME');
  for (const [key, value] of Object.entries(await shellEnvironment(name, process.env))) {
    print(`export ${key}=${shellWord(value)}`);
  }
  return EXIT.ok;
}
