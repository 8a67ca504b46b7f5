/** `waitbus source disable`: a source does not run any more, whoever waits on it. */
import { parseArgs } from 'node:util';
import { changeConfig } from '../../config/change.js';
import { loadConfig } from '../../config/config.js';
import { findInstallation } from '../../installation.js';
import { resolvePaths } from '../../paths.js';
import { factsFor, gatherSources } from '../../sources/facts.js';
import { EXIT, say, UsageError } from '../../terminal/exit.js';
import { takeUp } from '../config/take-up.js';

export const help = `usage: waitbus source disable NAME

Adds a source to the list "disabled" of the configuration. One that runs is stopped at once, and
whoever waits on it is told. Events under its name are refused. Its section of the configuration,
its secrets and its events in the log stay.

example
  waitbus source disable fs`;

export async function run(args: readonly string[]): Promise<number> {
  const { positionals } = parseArgs({ args: [...args], allowPositionals: true, strict: true });
  const [name, ...rest] = positionals;
  if (name === undefined || rest.length > 0) throw new UsageError('name one source');
  const paths = resolvePaths();
  factsFor(await gatherSources(findInstallation(), paths, await loadConfig(paths.configDir)), name);
  const { file, written } = await changeConfig(paths, ({ disabled }) =>
    disabled.includes(name) ? null : { disabled: [...disabled, name] },
  );
  say(written ? `${name} is disabled in ${file}` : `${name} is disabled already`);
  return (await takeUp(paths)) ? EXIT.ok : EXIT.failure;
}
