/**
 * What was installed: the waitbus package at hand, the lock that ships with it, and the directories
 * where source packages may be. Reads package.json files, runs nothing.
 */
import { existsSync, readdirSync, readFileSync, realpathSync } from 'node:fs';
import { basename, dirname, join, sep } from 'node:path';
import { fileURLToPath } from 'node:url';

export interface Installation {
  readonly version: string;
  /** The directory of the `waitbus` package. */
  readonly packageRoot: string;
  /** The root of the source tree when it runs from one, else null. */
  readonly workspaceRoot: string | null;
  /** The lock that pins the first-party sources. */
  readonly lockfile: string;
  /** The program that runs a source in its process. */
  readonly sourceRunner: string;
}

interface PackageJson {
  readonly name?: string;
  readonly version?: string;
  readonly workspaces?: readonly string[];
  readonly dependencies?: Readonly<Record<string, string>>;
}

/** Finds the installation that a module belongs to. */
export function findInstallation(from: string = fileURLToPath(import.meta.url)): Installation {
  let directory = dirname(from);
  while (readPackage(directory)?.name !== 'waitbus') {
    const parent = dirname(directory);
    if (parent === directory) throw new Error(`no waitbus package above ${from}`);
    directory = parent;
  }
  const packageRoot = realpathSync(directory);
  const above = dirname(packageRoot);
  const workspaceRoot = readPackage(above)?.name === 'waitbus-workspace' ? above : null;
  return {
    version: readPackage(packageRoot)?.version ?? '0.0.0',
    packageRoot,
    workspaceRoot,
    lockfile: join(workspaceRoot ?? join(packageRoot, 'dist'), 'plugins.lock.json'),
    sourceRunner: join(packageRoot, 'dist', 'bin', 'source-runner.js'),
  };
}

/**
 * Directories of packages that may declare sources: what waitbus depends on and, in a source tree,
 * its workspaces under plugins/. Real paths, without repeats, in a fixed order.
 */
export function candidatePackages(installation: Installation): string[] {
  const found = new Set<string>();
  for (const name of Object.keys(readPackage(installation.packageRoot)?.dependencies ?? {})) {
    const directory = resolvePackage(name, installation.packageRoot);
    if (directory !== null) found.add(directory);
  }
  if (installation.workspaceRoot !== null) {
    const plugins = join(installation.workspaceRoot, 'plugins');
    for (const entry of existsSync(plugins) ? readdirSync(plugins).sort() : []) {
      const directory = join(plugins, entry);
      if (existsSync(join(directory, 'package.json'))) found.add(realpathSync(directory));
    }
  }
  return [...found];
}

/** Whether a package lies in a source tree and not in an installed node_modules. */
export function isWorkspacePackage(installation: Installation, directory: string): boolean {
  const root = installation.workspaceRoot;
  if (root === null || !directory.startsWith(root + sep)) return false;
  return !directory.slice(root.length).split(sep).includes('node_modules');
}

/** The node_modules directories above a package, in which Node looks for what it depends on. */
export function modulesAbove(directory: string): string[] {
  const found: string[] = [];
  for (let at = directory; dirname(at) !== at; at = dirname(at)) {
    if (basename(dirname(at)) === 'node_modules') found.push(dirname(at));
  }
  return found;
}

/** Node's own lookup of a package directory, without its exports rules. */
function resolvePackage(name: string, from: string): string | null {
  for (let directory = from; ; directory = dirname(directory)) {
    const candidate = join(directory, 'node_modules', name);
    if (existsSync(join(candidate, 'package.json'))) return realpathSync(candidate);
    if (dirname(directory) === directory) return null;
  }
}

function readPackage(directory: string): PackageJson | null {
  try {
    return JSON.parse(readFileSync(join(directory, 'package.json'), 'utf8')) as PackageJson;
  } catch {
    return null;
  }
}
