/** `waitbus config schema`: the JSON Schema of the configuration file, for editors. */
import { parseArgs } from 'node:util';
import { fileSchema } from '../../config/file-schema.js';
import { askSources, installedSources } from '../../config/sections.js';
import { findInstallation } from '../../installation.js';
import { resolvePaths } from '../../paths.js';
import { EXIT, say } from '../../terminal/exit.js';
import { printText } from '../../terminal/print.js';

export const help = `usage: waitbus config schema

Prints the JSON Schema of the configuration file (draft 7), with the section of each installed source
as that source's own schema tells it. Editors complete and check the file with it.

examples
  waitbus config schema > ~/.config/waitbus/config.schema.json
  # in config.json:        "$schema": "./config.schema.json"
  # or above config.yaml:  # yaml-language-server: $schema=./config.schema.json`;

export async function run(args: readonly string[]): Promise<number> {
  parseArgs({ args: [...args], strict: true, options: {} });
  const paths = resolvePaths();
  const installation = findInstallation();
  const installed = await installedSources(installation, paths);
  const sections = new Map([...installed.values()].map((source) => [source, undefined] as const));
  const answers = await askSources(sections, installation, paths);
  for (const [name, answer] of answers) {
    if (answer.asked) continue;
    say(`the section of ${name} is left open: ${answer.reason}`);
    say(`  ${answer.remedy}`);
  }
  printText(JSON.stringify(fileSchema(installed, answers), null, 2));
  return EXIT.ok;
}
