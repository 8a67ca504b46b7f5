/** Which directories a source must be able to read to run at all: its package and what that needs. */
import { existsSync, readFileSync, realpathSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { RUNNER } from './start-runner.js';

/**
 * The package, every package below it, and the runner with its own: real paths, and the links by
 * which a workspace has some of them, since Node looks at those, too.
 */
export function readRootsOf(directory: string): string[] {
  const roots = new Set<string>();
  for (const root of [directory, packageOf(RUNNER)]) addWithDependencies(realpathSync(root), roots);
  return [...roots];
}

function addWithDependencies(directory: string, roots: Set<string>): void {
  if (roots.has(directory)) return;
  roots.add(directory);
  const { dependencies = {}, optionalDependencies = {} } = JSON.parse(
    readFileSync(join(directory, 'package.json'), 'utf8'),
  ) as Record<string, Record<string, string> | undefined>;
  for (const name of Object.keys({ ...dependencies, ...optionalDependencies })) {
    const found = lookUp(name, directory);
    if (found === null) continue;
    addWithDependencies(realpathSync(found), roots);
    roots.add(found);
  }
}

/** Node's own lookup of a package directory, without its exports rules. */
function lookUp(name: string, from: string): string | null {
  for (let directory = from; ; directory = dirname(directory)) {
    const candidate = join(directory, 'node_modules', name);
    if (existsSync(join(candidate, 'package.json'))) return candidate;
    if (dirname(directory) === directory) return null;
  }
}

function packageOf(file: string): string {
  let directory = dirname(file);
  while (!existsSync(join(directory, 'package.json'))) directory = resolve(directory, '..');
  return directory;
}
