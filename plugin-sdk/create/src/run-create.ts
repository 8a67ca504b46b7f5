/** The command line of both commands: arguments in, what is said and the exit code out. */
import { parseArgs } from 'node:util';
import { createSource, CreateError, type Created } from './create-source.js';

export interface Output {
  /** A line on stdout. */
  readonly print: (line: string) => void;
  /** A line on stderr. */
  readonly say: (line: string) => void;
}

export interface Surroundings {
  /** How the command is called, for messages. */
  readonly command: string;
  readonly usageExit: number;
  readonly packageRoot?: string;
}

export function usageOf(command: string): string {
  return `usage: ${command} NAME [DIR] [--js]

Writes a new source package for waitbus: a small source that works, with a test, a scenario for the
conformance kit and a CI workflow. DIR (default: waitbus-source-NAME) must be new or empty.

  --js    one JavaScript file without dependencies, in place of TypeScript

example
  ${command} redis`;
}

/** @returns the exit code */
export function runCreate(args: readonly string[], out: Output, how: Surroundings): number {
  let created: Created;
  try {
    const { values, positionals } = parseArgs({
      args: [...args],
      allowPositionals: true,
      options: { js: { type: 'boolean' }, help: { type: 'boolean', short: 'h' } },
    });
    if (values.help === true) {
      for (const line of usageOf(how.command).split('\n')) out.print(line);
      return 0;
    }
    const [name, directory, ...more] = positionals;
    if (name === undefined) throw new CreateError('it needs the name of the source');
    if (more.length > 0) throw new CreateError(`it takes a name and a directory, not ${more[0]}`);
    created = createSource({
      name,
      directory,
      js: values.js,
      year: new Date().getFullYear(),
      ...(how.packageRoot === undefined ? {} : { packageRoot: how.packageRoot }),
    });
  } catch (error) {
    if (!isUsage(error)) throw error;
    out.say(`${how.command}: ${(error as Error).message}`);
    out.say(`  ${how.command} --help shows how it is used`);
    return how.usageExit;
  }
  out.print(`${created.packageName} is in ${created.directory}: ${created.files.join(', ')}`);
  for (const line of ['', 'next:', '']) out.print(line);
  for (const step of created.next) out.print(`  ${step}`);
  return 0;
}

function isUsage(error: unknown): boolean {
  if (error instanceof CreateError) return true;
  return String((error as { code?: unknown } | null)?.code).startsWith('ERR_PARSE_ARGS');
}
