/** `waitbus plugin verify`: every installed byte against its pin, those of waitbus's own sources too. */
import { parseArgs } from 'node:util';
import { WaitbusError } from '@waitbus/plugin-sdk/envelope';
import { EMPTY_LOCKFILE } from '@waitbus/plugin-sdk/lockfile';
import { takeInventory } from '../../host/inventory.js';
import { findInstallation } from '../../installation.js';
import { resolvePaths } from '../../paths.js';
import { PLUGIN_EXIT, worst, type PluginExit } from '../../plugins/exit-codes.js';
import { inspectPlugin } from '../../plugins/inspect.js';
import { readLockfile } from '../../plugins/lock-store.js';
import { print, say, UsageError } from '../../terminal/exit.js';
import { COMMON, lockfileOf, packageWord } from './context.js';

export const help = `usage: waitbus plugin verify [NAME] [--lockfile PATH]

Hashes what is installed and says of each plugin whether it is what was pinned. Reads only.

exit codes: 0 all are, 76 one differs, 66 one is pinned and not installed

example
  waitbus plugin verify`;

export async function run(args: readonly string[]): Promise<number> {
  const { values, positionals } = parseArgs({
    args: [...args],
    allowPositionals: true,
    strict: true,
    options: COMMON,
  });
  const [word, ...rest] = positionals;
  if (rest.length > 0) throw new UsageError('name one plugin, or none for all');
  const name = word === undefined ? undefined : packageWord(word);
  const paths = resolvePaths();
  const lockfile = lockfileOf(values.lockfile, paths);
  const codes = [...(await verifyAdded(lockfile, paths.plugins, name)), ...(await verifyOwn(name))];
  if (codes.length > 0 || name === undefined) return worst(codes);
  throw new WaitbusError(
    'WAITBUS_NOT_PINNED',
    `${name} is not pinned in ${lockfile}`,
    'waitbus plugin list shows what is installed.',
  );
}

async function verifyAdded(
  lockfile: string,
  pluginsDir: string,
  only: string | undefined,
): Promise<PluginExit[]> {
  const codes: PluginExit[] = [];
  for (const [name, pin] of Object.entries((readLockfile(lockfile) ?? EMPTY_LOCKFILE).plugins)) {
    if (pin.origin === 'workspace' || (only !== undefined && only !== name)) continue;
    const inspection = await inspectPlugin(pluginsDir, name, pin);
    switch (inspection.state) {
      case 'intact':
        print(`ok      ${name} ${pin.version}`);
        codes.push(PLUGIN_EXIT.ok);
        break;
      case 'absent':
        print(`absent  ${name} ${pin.version}`);
        codes.push(PLUGIN_EXIT.missing);
        break;
      case 'changed':
        print(`differs ${name} ${pin.version}: ${inspection.reasons.join('; ')}`);
        codes.push(PLUGIN_EXIT.mismatch);
        break;
    }
  }
  if (codes.some((code) => code !== PLUGIN_EXIT.ok)) {
    say('waitbus plugin install --frozen puts back what is pinned');
  }
  return codes;
}

async function verifyOwn(only: string | undefined): Promise<PluginExit[]> {
  const { sources } = await takeInventory(findInstallation(), { lockfile: '', plugins: '' });
  const own = new Map([...sources.values()].map((source) => [source.packageName, source]));
  return [...own.values()]
    .filter(({ packageName }) => only === undefined || only === packageName)
    .map(({ packageName, version, quarantine }) => {
      const differs = quarantine === null ? '' : `: ${quarantine.reason}`;
      print(`${quarantine === null ? 'ok     ' : 'differs'} ${packageName} ${version}${differs}`);
      return quarantine === null ? PLUGIN_EXIT.ok : PLUGIN_EXIT.mismatch;
    });
}
