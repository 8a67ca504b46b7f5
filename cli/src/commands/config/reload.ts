/** `waitbus config reload`: a running daemon reads the configuration again. */
import { parseArgs } from 'node:util';
import { loadConfig } from '../../config/config.js';
import { resolvePaths } from '../../paths.js';
import { EXIT } from '../../terminal/exit.js';
import { takeUp } from './take-up.js';

export const help = `usage: waitbus config reload

Has a running daemon read the configuration again, after you changed the file by hand. Exactly those
sources start again of which it says something else. A malformed one is refused, and the daemon goes
on with the one that it has. durability, retention and log are read only when a daemon starts.

exit codes: 0 it was taken up, or no daemon runs; 1 it was not; 2 it is malformed

example
  waitbus config validate && waitbus config reload`;

export async function run(args: readonly string[]): Promise<number> {
  parseArgs({ args: [...args], strict: true, options: {} });
  const paths = resolvePaths();
  await loadConfig(paths.configDir);
  return (await takeUp(paths)) ? EXIT.ok : EXIT.failure;
}
