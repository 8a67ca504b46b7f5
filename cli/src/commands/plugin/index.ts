/** `waitbus plugin`: its subcommands, with exit codes of their own. */
import { PLUGIN_EXIT, pluginExitOf } from '../../plugins/exit-codes.js';
import { runSubcommand, type Subcommands } from '../subcommands.js';

const SUBCOMMANDS: Subcommands = {
  add: () => import('./add.js'),
  audit: () => import('./audit.js'),
  dev: () => import('./dev.js'),
  install: () => import('./install.js'),
  list: () => import('./list.js'),
  lock: () => import('./lock.js'),
  new: () => import('./new.js'),
  remove: () => import('./remove.js'),
  restart: () => import('./restart.js'),
  trust: () => import('./trust.js'),
  update: () => import('./update.js'),
  verify: () => import('./verify.js'),
};

export async function run(args: readonly string[]): Promise<number> {
  const codes = { usage: PLUGIN_EXIT.usage, of: pluginExitOf };
  return runSubcommand('plugin', SUBCOMMANDS, codes, args);
}
