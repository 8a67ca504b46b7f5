/** `waitbus plugin update`: the newest version, if it may replace the pinned one. */
import { parseArgs } from 'node:util';
import { WaitbusError } from '@waitbus/plugin-sdk/envelope';
import { EMPTY_LOCKFILE } from '@waitbus/plugin-sdk/lockfile';
import { resolvePaths } from '../../paths.js';
import { addPlugin } from '../../plugins/add.js';
import { pluginExitOf, worst, type PluginExit } from '../../plugins/exit-codes.js';
import { readLockfile } from '../../plugins/lock-store.js';
import { say, sayError, UsageError } from '../../terminal/exit.js';
import { tell } from './add.js';
import { addOptions, changed, PINNING, lockfileOf, packageWord } from './context.js';

export const help = `usage: waitbus plugin update [NAME] [--yes] [--frozen] [--lockfile PATH] [--json]

Takes the newest published version of one plugin, or of all that come from the registry. The same
publisher asking for no more than before is pinned anew; one that asks for more is asked about;
another publisher, or other bytes under the same version, are refused with 76.

  --yes      agree for NAME without being asked
  --frozen   change no pin: exit 77 if something would change

examples
  waitbus plugin update
  waitbus plugin update waitbus-source-k8s --yes`;

export async function run(args: readonly string[]): Promise<number> {
  const { values, positionals } = parseArgs({
    args: [...args],
    allowPositionals: true,
    strict: true,
    options: PINNING,
  });
  const [word, ...rest] = positionals;
  if (rest.length > 0) throw new UsageError('name one plugin, or none for all');
  const name = word === undefined ? undefined : packageWord(word);
  const { yes = false, frozen = false, json = false } = values;
  if (yes && name === undefined) throw new UsageError('--yes agrees for one plugin: name it');
  const paths = resolvePaths();
  const lockfile = lockfileOf(values.lockfile, paths);
  const codes: PluginExit[] = [];
  for (const one of namesIn(lockfile, name)) {
    try {
      const spec = { kind: 'registry', name: one, range: 'latest' } as const;
      tell(await addPlugin(spec, addOptions({ lockfile, yes, frozen })), lockfile, json);
    } catch (error) {
      if (name !== undefined) throw error;
      sayError(error, `plugin update: ${one}`);
      codes.push(pluginExitOf(error));
    }
  }
  await changed(paths);
  return worst(codes);
}

/** @throws WaitbusError WAITBUS_NOT_PINNED, or a refusal of one that no registry has */
function namesIn(lockfile: string, name: string | undefined): string[] {
  const { plugins } = readLockfile(lockfile) ?? EMPTY_LOCKFILE;
  if (name === undefined) {
    const names = Object.keys(plugins).filter((one) => plugins[one]?.origin === 'registry');
    if (names.length === 0) say(`nothing in ${lockfile} comes from the registry`);
    return names;
  }
  const pin = Object.hasOwn(plugins, name) ? plugins[name] : undefined;
  if (pin === undefined) {
    throw new WaitbusError(
      'WAITBUS_NOT_PINNED',
      `${name} is not pinned in ${lockfile}`,
      `waitbus plugin add ${name} pins it.`,
    );
  }
  if (pin.origin === 'registry') return [name];
  throw new UsageError(
    `${name} was pinned from a ${pin.origin}; waitbus plugin add with its new one replaces it`,
  );
}
