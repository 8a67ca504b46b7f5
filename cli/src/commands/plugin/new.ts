/** `waitbus plugin new`: writes a new source package, as `npm create waitbus-source` does. */
import { createRequire } from 'node:module';
import { dirname } from 'node:path';
import { runCreate, usageOf } from 'create-waitbus-source';
import { PLUGIN_EXIT } from '../../plugins/exit-codes.js';
import { print, say } from '../../terminal/exit.js';
import { workingDirectory } from '../../working-directory.js';

const COMMAND = 'waitbus plugin new';

export const help = usageOf(COMMAND);

export async function run(args: readonly string[]): Promise<number> {
  workingDirectory();
  // The templates lie beside that package's own code, not beside this bundle.
  const { resolve } = createRequire(import.meta.url);
  const packageRoot = dirname(resolve('create-waitbus-source/package.json'));
  const how = { command: COMMAND, usageExit: PLUGIN_EXIT.usage, packageRoot };
  return runCreate(args, { print, say }, how);
}
