/** `waitbus config show`: the configuration as it counts, and where each value comes from. */
import { parseArgs } from 'node:util';
import { effectiveConfig, type Setting } from '../../config/effective.js';
import { findConfig } from '../../config/find.js';
import { findInstallation } from '../../installation.js';
import { resolvePaths } from '../../paths.js';
import { EXIT, print } from '../../terminal/exit.js';
import { printText } from '../../terminal/print.js';
import { tableLines } from '../../terminal/table.js';

export const help = `usage: waitbus config show [--json]

Shows every value of the configuration as it counts, the defaults of the installed sources included,
and where it comes from: the file (with its line), the environment, or a default.

example
  waitbus config show`;

export async function run(args: readonly string[]): Promise<number> {
  const { values } = parseArgs({
    args: [...args],
    strict: true,
    options: { json: { type: 'boolean' } },
  });
  const paths = resolvePaths();
  const found = findConfig(paths.configDir);
  const settings = await effectiveConfig(found, findInstallation(), paths, process.env);
  const file = found?.file ?? null;
  if (values.json === true) {
    printText(JSON.stringify({ file, values: settings }, null, 2));
    return EXIT.ok;
  }
  const rows = settings.map((setting) => [
    setting.key,
    setting.value === null ? 'not set' : textOf(setting.value),
    originText(setting, file ?? ''),
  ]);
  for (const line of tableLines(rows)) print(line);
  return EXIT.ok;
}

function textOf(value: unknown): string {
  return typeof value === 'string' ? value : JSON.stringify(value);
}

function originText({ origin, line, variable }: Setting, file: string): string {
  switch (origin) {
    case 'file':
      return line === null ? file : `${file}:${line}`;
    case 'environment':
      return `environment ${variable}`;
    case 'default':
      return 'default';
  }
}
