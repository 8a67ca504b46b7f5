/** `waitbus plugin install --frozen`: exactly what the lock says, on a new machine. */
import { parseArgs } from 'node:util';
import { WaitbusError } from '@waitbus/plugin-sdk/envelope';
import { resolvePaths } from '../../paths.js';
import { PLUGIN_EXIT, pluginExitOf, worst, type PluginExit } from '../../plugins/exit-codes.js';
import { tarballsAt } from '../../plugins/lay.js';
import { readLockfile } from '../../plugins/lock-store.js';
import { restorePlugin } from '../../plugins/restore.js';
import { say, sayError } from '../../terminal/exit.js';
import { changed, committedLockfile, COMMON, specOf } from './context.js';

export const help = `usage: waitbus plugin install --frozen [./file.tgz ...] [--lockfile PATH]

Installs every package that plugins.lock.json pins, as it is pinned, and puts back what was changed.
Never changes the lock. It is taken from --lockfile, else WAITBUS_LOCKFILE, else the working
directory, else your configuration. Tarballs that you name are used instead of being fetched; one
is needed for what was pinned from a file or a directory.

exit codes: 0 all is there, 76 what can be had is not what was pinned, 66 no lock or no tarball,
69 the registry could not be asked; all are in docs/exit-codes.md

examples
  waitbus plugin install --frozen && waitbus plugin audit --ci
  waitbus plugin install --frozen ./waitbus-source-mine-1.0.0.tgz`;

export async function run(args: readonly string[]): Promise<number> {
  const { values, positionals } = parseArgs({
    args: [...args],
    allowPositionals: true,
    strict: true,
    options: { ...COMMON, frozen: { type: 'boolean' } },
  });
  const paths = resolvePaths();
  const lockfile = committedLockfile(values.lockfile, paths);
  const lock = readLockfile(lockfile);
  if (lock === null) {
    throw new WaitbusError('WAITBUS_NO_LOCKFILE', `there is no ${lockfile}`);
  }
  const tarballs = await tarballsAt(positionals.map(specOf));
  const codes: PluginExit[] = [];
  for (const [name, pin] of Object.entries(lock.plugins)) {
    // What ships with waitbus comes and goes with it.
    if (pin.origin === 'workspace') continue;
    try {
      const options = { paths, lockfile, progress: say, tarballs };
      const put = await restorePlugin(name, pin, options);
      say(`${name} ${pin.version} ${put ? 'is installed' : 'was there already'}`);
    } catch (error) {
      sayError(error, `plugin install: ${name}`);
      codes.push(pluginExitOf(error));
    }
  }
  await changed(paths);
  return codes.length === 0 ? PLUGIN_EXIT.ok : worst(codes);
}
