/** `waitbus source`: which sources there are, and whether they run. */
import { EXIT, exitCodeOf } from '../../terminal/exit.js';
import { runSubcommand, type Subcommands } from '../subcommands.js';

const SUBCOMMANDS: Subcommands = {
  check: () => import('./check.js'),
  disable: () => import('./disable.js'),
  enable: () => import('./enable.js'),
  env: () => import('./env.js'),
  list: () => import('./list.js'),
};

export async function run(args: readonly string[]): Promise<number> {
  return runSubcommand('source', SUBCOMMANDS, { usage: EXIT.usage, of: exitCodeOf }, args);
}
