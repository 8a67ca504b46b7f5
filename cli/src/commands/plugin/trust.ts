/** `waitbus plugin trust`: accepts what no `--yes` accepts, a new publisher. */
import { parseArgs } from 'node:util';
import { resolvePaths } from '../../paths.js';
import { addPlugin } from '../../plugins/add.js';
import { PLUGIN_EXIT } from '../../plugins/exit-codes.js';
import { UsageError } from '../../terminal/exit.js';
import { tell } from './add.js';
import { addOptions, changed, COMMON, lockfileOf, specOf } from './context.js';

export const help = `usage: waitbus plugin trust --replace-publisher NAME[@RANGE] | ./file.tgz [--yes]

Pins a version that comes from another publisher than the pinned one, or with weaker evidence, after
showing both. Other bytes under the same version stay refused.

example
  waitbus plugin trust --replace-publisher waitbus-source-k8s@2.0.0`;

export async function run(args: readonly string[]): Promise<number> {
  const { values, positionals } = parseArgs({
    args: [...args],
    allowPositionals: true,
    strict: true,
    options: {
      ...COMMON,
      'replace-publisher': { type: 'boolean' },
      yes: { type: 'boolean' },
      json: { type: 'boolean' },
    },
  });
  const [what, ...rest] = positionals;
  if (values['replace-publisher'] !== true || what === undefined || rest.length > 0) {
    throw new UsageError('say --replace-publisher and name one package');
  }
  const paths = resolvePaths();
  const lockfile = lockfileOf(values.lockfile, paths);
  const options = addOptions({ lockfile, yes: values.yes === true, replacePublisher: true });
  tell(await addPlugin(specOf(what), options), lockfile, values.json === true);
  await changed(paths);
  return PLUGIN_EXIT.ok;
}
