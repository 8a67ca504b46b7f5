/** `waitbus plugin add`: install a source package and pin it. */
import { parseArgs } from 'node:util';
import { shellWord } from '@waitbus/plugin-sdk/envelope';
import { addPlugin, type Added } from '../../plugins/add.js';
import { PLUGIN_EXIT } from '../../plugins/exit-codes.js';
import { print, say } from '../../terminal/exit.js';
import { addOptions, changed, PINNING, lockfileOf, specOf, onlyWord } from './context.js';
import { resolvePaths } from '../../paths.js';

export const help = `usage: waitbus plugin add NAME[@RANGE] | ./file.tgz | ./directory

Fetches a source package with npm (its scripts never run), shows what it is and what it asks for,
and pins it in plugins.lock.json once you agree. A pinned package runs while its bytes are those of
the pin. Adding one that is pinned already replaces its version, by the same rules as update.

  --yes              agree for this package without being asked
  --frozen           change no pin: exit 77 if it is not what the lock says
  --lockfile PATH    the lock to pin it in (also WAITBUS_LOCKFILE)
  --json             print the pin

examples
  waitbus plugin add waitbus-source-k8s
  waitbus plugin add waitbus-source-k8s@^1.2 --yes
  npm pack && waitbus plugin add ./waitbus-source-mine-1.0.0.tgz`;

export async function run(args: readonly string[]): Promise<number> {
  const { values, positionals } = parseArgs({
    args: [...args],
    allowPositionals: true,
    strict: true,
    options: PINNING,
  });
  const what = onlyWord(positionals, 'one package, file or directory');
  const paths = resolvePaths();
  const lockfile = lockfileOf(values.lockfile, paths);
  const { yes = false, frozen = false } = values;
  const added = await addPlugin(specOf(what), addOptions({ lockfile, yes, frozen }));
  await changed(paths);
  tell(added, lockfile, values.json === true);
  return PLUGIN_EXIT.ok;
}

export function tell({ name, pin, before }: Added, lockfile: string, json: boolean): void {
  if (json) print(JSON.stringify({ name, ...pin }));
  if (before?.version === pin.version) say(`${name} ${pin.version} is installed as it is pinned`);
  else {
    const was = before === null ? '' : `, before it was ${before.version}`;
    say(`pinned ${name} ${pin.version} in ${lockfile}${was}`);
  }
  const wait = `waitbus wait --source ${pin.sources[0] ?? ''}`;
  if (lockfile === resolvePaths().lockfile) say(`  ${wait} starts it`);
  // A daemon goes by the one lock that it was started with.
  else say(`  waitbus stop; WAITBUS_LOCKFILE=${shellWord(lockfile)} ${wait} starts it`);
}
