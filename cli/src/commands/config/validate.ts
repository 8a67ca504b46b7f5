/** `waitbus config validate`: every problem of the configuration, with its line. */
import { resolve } from 'node:path';
import { parseArgs } from 'node:util';
import { findConfig, readConfigText } from '../../config/find.js';
import { problemText } from '../../config/problems.js';
import { validateConfig } from '../../config/validate.js';
import { findInstallation } from '../../installation.js';
import { resolvePaths } from '../../paths.js';
import { EXIT, print, say, UsageError } from '../../terminal/exit.js';
import { printText } from '../../terminal/print.js';

export const help = `usage: waitbus config validate [FILE] [--json]

Checks the configuration, or another file before it becomes that: its form, its keys, and the section
of each installed source with that source's own schema. For that a source's code is loaded in its
process, pinned and restricted as always, but not started. Says every problem at once.

exit codes: 0 it is right (there may be warnings), 1 it is not, 2 it cannot be read

examples
  waitbus config validate
  waitbus config validate ./config.yaml --json`;

export async function run(args: readonly string[]): Promise<number> {
  const { values, positionals } = parseArgs({
    args: [...args],
    allowPositionals: true,
    strict: true,
    options: { json: { type: 'boolean' } },
  });
  const [named, ...rest] = positionals;
  if (rest.length > 0) throw new UsageError('name one file');
  const paths = resolvePaths();
  const file = named === undefined ? null : resolve(named);
  const found = file === null ? findConfig(paths.configDir) : { file, text: readConfigText(file) };
  const problems = found === null ? [] : await validateConfig(found, findInstallation(), paths);
  const errors = problems.filter(({ level }) => level === 'error').length;
  if (values.json === true) {
    printText(
      JSON.stringify({ file: found?.file ?? null, valid: errors === 0, problems }, null, 2),
    );
  } else if (found === null) {
    say(`there is no configuration in ${paths.configDir}; the defaults hold`);
  } else {
    for (const problem of problems) {
      const text = problemText(found.file, problem);
      print(problem.level === 'error' ? text : `${text} (warning)`);
    }
    const warnings = problems.length - errors;
    say(
      `${found.file}: ${errors === 0 ? 'valid' : counted(errors, 'problem')}${warnings === 0 ? '' : `, ${counted(warnings, 'warning')}`}`,
    );
  }
  return errors === 0 ? EXIT.ok : EXIT.failure;
}

function counted(count: number, what: string): string {
  return `${count} ${what}${count === 1 ? '' : 's'}`;
}
