/** `waitbus config path`: where the configuration file is, or would be. */
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { CONFIG_FILES } from '../../config/config.js';
import { configFileOf } from '../../config/find.js';
import { resolvePaths } from '../../paths.js';
import { EXIT, print, say } from '../../terminal/exit.js';

export const help = `usage: waitbus config path

Prints the path of the configuration file. When there is none yet, that of the one that waitbus
source enable would write; config.yaml and config.yml in the same directory are read as well.

example
  \${EDITOR:-vi} "$(waitbus config path)"`;

export async function run(args: readonly string[]): Promise<number> {
  parseArgs({ args: [...args], strict: true, options: {} });
  const { configDir } = resolvePaths();
  const file = configFileOf(configDir);
  print(file ?? join(configDir, CONFIG_FILES[0]));
  if (file === null) say('there is no configuration yet; the defaults hold');
  return EXIT.ok;
}
