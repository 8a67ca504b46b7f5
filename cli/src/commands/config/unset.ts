/** `waitbus config unset`: takes one key of the configuration away. */
import { parseArgs } from 'node:util';
import { UsageError } from '../../terminal/exit.js';
import { changeKey } from './change-key.js';

export const help = `usage: waitbus config unset KEY

Takes one key out of the configuration file, so that its default counts again. KEY is written with
dots, as waitbus config show prints it.

example
  waitbus config unset sources.docker.socket`;

export async function run(args: readonly string[]): Promise<number> {
  const { positionals } = parseArgs({ args: [...args], allowPositionals: true, strict: true });
  const [key, ...rest] = positionals;
  if (key === undefined || rest.length > 0) throw new UsageError('it takes one key');
  return changeKey(key, null);
}
