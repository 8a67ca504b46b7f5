/** `waitbus config`: what is configured, where that comes from, and whether it is right. */
import { EXIT, exitCodeOf } from '../../terminal/exit.js';
import { runSubcommand, type Subcommands } from '../subcommands.js';

const SUBCOMMANDS: Subcommands = {
  path: () => import('./path.js'),
  reload: () => import('./reload.js'),
  schema: () => import('./schema.js'),
  set: () => import('./set.js'),
  show: () => import('./show.js'),
  unset: () => import('./unset.js'),
  validate: () => import('./validate.js'),
};

export async function run(args: readonly string[]): Promise<number> {
  return runSubcommand('config', SUBCOMMANDS, { usage: EXIT.usage, of: exitCodeOf }, args);
}
