/** `waitbus plugin lock --fix`: the canonical form of a lock that is merely not canonical. */
import { parseArgs } from 'node:util';
import { WaitbusError } from '@waitbus/plugin-sdk/envelope';
import { canonicalize, formatLockfile, parseLockfile } from '@waitbus/plugin-sdk/lockfile';
import { resolvePaths } from '../../paths.js';
import { PLUGIN_EXIT } from '../../plugins/exit-codes.js';
import { replaceFile, textOf } from '../../plugins/lock-store.js';
import { say } from '../../terminal/exit.js';
import { committedLockfile, COMMON } from './context.js';

export const help = `usage: waitbus plugin lock [--fix] [--lockfile PATH]

Checks the form of plugins.lock.json. --fix rewrites one whose keys are in another order, or whose
line ends are others, and changes nothing that it says. One that is malformed is left as it is.

example
  waitbus plugin lock --fix`;

export async function run(args: readonly string[]): Promise<number> {
  const { values } = parseArgs({
    args: [...args],
    strict: true,
    options: { ...COMMON, fix: { type: 'boolean' } },
  });
  const lockfile = committedLockfile(values.lockfile, resolvePaths());
  const text = textOf(lockfile);
  if (text === null) throw new WaitbusError('WAITBUS_NO_LOCKFILE', `there is no ${lockfile}`);
  if (values.fix !== true) parseLockfile(text, lockfile);
  const canonical = formatLockfile(canonicalize(text, lockfile));
  if (canonical === text) say(`${lockfile} is in canonical form`);
  else {
    replaceFile(lockfile, canonical);
    say(`${lockfile} is now in canonical form`);
  }
  return PLUGIN_EXIT.ok;
}
