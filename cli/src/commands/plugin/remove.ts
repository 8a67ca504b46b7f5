/** `waitbus plugin remove`: the pin, and then the files. */
import { parseArgs } from 'node:util';
import { WaitbusError } from '@waitbus/plugin-sdk/envelope';
import { EMPTY_LOCKFILE } from '@waitbus/plugin-sdk/lockfile';
import { resolvePaths } from '../../paths.js';
import { prune, withoutPin } from '../../plugins/commit.js';
import { PLUGIN_EXIT } from '../../plugins/exit-codes.js';
import { isDirectoryBelow } from '../../plugins/layout.js';
import { exclusively, readLockfile } from '../../plugins/lock-store.js';
import { changeSecrets, readSecrets, withoutOwner } from '../../secrets.js';
import { say } from '../../terminal/exit.js';
import { changed, COMMON, lockfileOf, onlyWord, packageWord } from './context.js';

export const help = `usage: waitbus plugin remove NAME [--lockfile PATH]

Stops the sources of a plugin, removes its pin, its files, and what secrets were granted to it. What
its sources keep between runs, and its events in the log, stay.

example
  waitbus plugin remove waitbus-source-k8s`;

export async function run(args: readonly string[]): Promise<number> {
  const { values, positionals } = parseArgs({
    args: [...args],
    allowPositionals: true,
    strict: true,
    options: COMMON,
  });
  const name = packageWord(onlyWord(positionals, 'one plugin'));
  const paths = resolvePaths();
  const lockfile = lockfileOf(values.lockfile, paths);
  const waiting = () => say('waiting for another waitbus plugin command');
  await exclusively(paths, lockfile, waiting, async (change) => {
    const { plugins } = readLockfile(lockfile) ?? EMPTY_LOCKFILE;
    const pinned = Object.hasOwn(plugins, name);
    // Before anything is changed: a link in its place is refused.
    const isThere = isDirectoryBelow(paths.plugins, name);
    // Without its pin: a command was killed before it could write it, or after it removed it.
    if (!pinned && !isThere) throw notThere(name, lockfile, plugins);
    if (pinned) change((lock) => withoutPin(lock, name));
    await changed(paths);
    prune(paths, name, []);
    // Another lock may be at hand than the one that says what runs.
    const own = readLockfile(paths.lockfile)?.plugins ?? {};
    if (!Object.hasOwn(own, name)) await forgetSecrets(paths.secrets, name);
  });
  say(`removed ${name}`);
  return PLUGIN_EXIT.ok;
}

/** What a package was trusted with goes with it: another under its name is another's. */
async function forgetSecrets(file: string, name: string): Promise<void> {
  const before = readSecrets(file);
  const after = withoutOwner(before, name);
  const changed = [...before.keys()].filter((secret) => after.get(secret) !== before.get(secret));
  if (changed.length === 0) return;
  await changeSecrets(file, (secrets) => withoutOwner(secrets, name));
  say(`no longer granted to it: ${changed.join(', ')}`);
}

function notThere(name: string, lockfile: string, plugins: object): WaitbusError {
  const names = Object.keys(plugins).join(', ');
  return new WaitbusError(
    'WAITBUS_NOT_PINNED',
    `${name} is not pinned in ${lockfile}${names === '' ? '' : `; there are: ${names}`}`,
    'waitbus plugin list shows what is installed.',
  );
}
