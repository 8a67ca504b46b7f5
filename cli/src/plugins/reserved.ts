/**
 * Which names a package may have and claim: pure. Those of waitbus itself belong to what comes with
 * it; the name of another source belongs to the one package that a lock pins with it. Two of them in
 * one lock have it neither: their order and their dates are whatever the lock's author wrote.
 */
import type { Lockfile } from '@waitbus/plugin-sdk/lockfile';

/** Sources of waitbus itself, which may come with a later version. */
const BUILT_IN = ['agent', 'alertmanager', 'docker', 'fs', 'github', 'pytest'];
const RESERVED: ReadonlySet<string> = new Set([...BUILT_IN, 'kernel', 'system', 'waitbus']);

const OWN_PACKAGES: ReadonlySet<string> = new Set([
  'waitbus',
  'create-waitbus-source',
  ...BUILT_IN.map((source) => `waitbus-source-${source}`),
]);

/** Whether a package has a name under which waitbus itself is published. */
export function isOwnPackage(name: string): boolean {
  return OWN_PACKAGES.has(name) || name.startsWith('@waitbus/');
}

export interface Conflict {
  readonly source: string;
  /** The package that has the name; null when it is waitbus's own. */
  readonly owner: string | null;
  /** The package's own name, where that is what it may not have. */
  readonly package?: string;
}

export function isBuiltIn(source: string): boolean {
  return BUILT_IN.includes(source);
}

export function isReserved(source: string): boolean {
  return RESERVED.has(source);
}

/** The names among a package's sources that it may not have, given the pins of others. */
export function conflictsOf(
  packageName: string,
  sources: readonly string[],
  lock: Lockfile,
): Conflict[] {
  const others = Object.entries(lock.plugins).filter(([name]) => name !== packageName);
  return sources.flatMap((source): Conflict[] => {
    if (isOwnPackage(packageName)) return [{ source, owner: null, package: packageName }];
    if (isReserved(source)) return [{ source, owner: null }];
    const owner = others.find(([, pin]) => pin.sources.includes(source))?.[0];
    return owner === undefined ? [] : [{ source, owner }];
  });
}

export function describeConflict({ source, owner, package: own }: Conflict): string {
  if (own !== undefined) return `the package name ${own} is reserved for waitbus itself`;
  return owner === null
    ? `the source name ${source} is reserved for waitbus itself`
    : `the source name ${source} belongs to ${owner}`;
}
