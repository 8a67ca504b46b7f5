/** `waitbus config set`: gives one key of the configuration a value. */
import { parseArgs } from 'node:util';
import type { Json } from '@waitbus/plugin-sdk/envelope';
import { UsageError } from '../../terminal/exit.js';
import { changeKey } from './change-key.js';

export const help = `usage: waitbus config set KEY VALUE

Gives one key of the configuration a value, and leaves the rest of the file, its comments too. KEY is
written with dots, as waitbus config show prints it. VALUE is JSON, or else a text. What the file would
become is checked first, by the source as well where the key is in its section: a file that is refused
is never written. A running daemon takes it up at once.

examples
  waitbus config set sources.docker.socket unix:///var/run/docker.sock
  waitbus config set sources.github.repos '["octo/shop"]'
  waitbus config set retention.maxAge 14d`;

export async function run(args: readonly string[]): Promise<number> {
  const { positionals } = parseArgs({ args: [...args], allowPositionals: true, strict: true });
  const [key, value, ...rest] = positionals;
  if (key === undefined || value === undefined || rest.length > 0) {
    throw new UsageError('it takes a key and a value; quote a value of several words');
  }
  const parsed = valueOf(value);
  if (parsed === null) throw new UsageError(`null is no value; waitbus config unset ${key}`);
  return changeKey(key, parsed);
}

function valueOf(text: string): Json {
  try {
    return JSON.parse(text) as Json;
  } catch {
    return text;
  }
}
