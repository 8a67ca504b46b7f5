/** `waitbus source enable`: lets a source run, sets one up that needs it, and says what else it needs. */
import { parseArgs } from 'node:util';
import { changeConfig } from '../../config/change.js';
import { loadConfig } from '../../config/config.js';
import { findInstallation } from '../../installation.js';
import { resolvePaths } from '../../paths.js';
import { factsFor, gatherSources, grantCommand } from '../../sources/facts.js';
import { EXIT, say, UsageError } from '../../terminal/exit.js';
import { takeUp } from '../config/take-up.js';

export const help = `usage: waitbus source enable NAME

Lets a source run: takes it from the list "disabled" of the configuration, and gives one that runs
whenever the daemon does a section of its own there. Comments and order in the file stay as they are.
A running daemon takes it up at once. Says which secrets the source still needs.

example
  waitbus source enable github`;

export async function run(args: readonly string[]): Promise<number> {
  const { positionals } = parseArgs({ args: [...args], allowPositionals: true, strict: true });
  const [name, ...rest] = positionals;
  if (name === undefined || rest.length > 0) throw new UsageError('name one source');
  const paths = resolvePaths();
  const config = await loadConfig(paths.configDir);
  const gathered = await gatherSources(findInstallation(), paths, config);
  const isLeftOver = config.disabled.includes(name) && !gathered.facts.has(name);
  const facts = isLeftOver ? null : factsFor(gathered, name);
  const isAlways = facts?.source.manifest.activation === 'always';
  const { file, written } = await changeConfig(paths, ({ disabled, sources }) => {
    const isDisabled = disabled.includes(name);
    const needsSection = isAlways && !Object.hasOwn(sources, name);
    if (!isDisabled && !needsSection) return null;
    return {
      ...(isDisabled ? { disabled: disabled.filter((one) => one !== name) } : {}),
      ...(needsSection ? { addSection: name } : {}),
    };
  });
  say(written ? `${name} is enabled in ${file}` : `${name} is enabled already`);
  const taken = await takeUp(paths);
  if (facts === null) return taken ? EXIT.ok : EXIT.failure;
  const { source, missingSecrets } = facts;
  if (source.quarantine !== null) {
    say(`it does not run: ${source.quarantine.reason}`);
    say(`  ${source.quarantine.remedy}`);
  }
  for (const secret of missingSecrets) {
    say(`it asks for the secret ${secret}, which is not set:`);
    say(`  ${grantCommand(secret, gathered, name)}`);
  }
  if (source.manifest.shellEnv !== undefined) {
    say('to turn it on in a shell:');
    say(`  eval "$(waitbus source env ${name})"`);
  }
  if (source.manifest.entry !== undefined)
    say(`waitbus source check ${name} tells whether it sees events`);
  return taken ? EXIT.ok : EXIT.failure;
}
