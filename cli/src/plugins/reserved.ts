/**
 * Which source names a package may claim: pure. Built-in names belong to the packages that the lock
 * of waitbus pins for them; another name belongs to whoever was pinned with it first.
 */
import { compareCodePoints, type Lockfile, type Pin } from '@waitbus/plugin-sdk/lockfile';

const BUILT_IN = ['agent', 'alertmanager', 'docker', 'fs', 'github', 'pytest'];
const RESERVED: ReadonlySet<string> = new Set([...BUILT_IN, 'kernel', 'system', 'waitbus']);

export interface Conflict {
  readonly source: string;
  /** The package that has the name; null when it is waitbus's own. */
  readonly owner: string | null;
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
  const owners = ownersOf(lock);
  return sources.flatMap((source): Conflict[] => {
    if (isReserved(source)) return [{ source, owner: null }];
    const owner = owners.get(source) ?? packageName;
    return owner === packageName ? [] : [{ source, owner }];
  });
}

/** Whose each name is: the package that was pinned first, and of those the first by name. */
export function ownersOf(lock: Lockfile): ReadonlyMap<string, string> {
  const owners = new Map<string, string>();
  const age = ([name, pin]: readonly [string, Pin]) => `${pin.firstPinnedAt} ${name}`;
  const pins = Object.entries(lock.plugins).sort((a, b) => compareCodePoints(age(a), age(b)));
  for (const [name, { sources }] of pins) {
    for (const source of sources) if (!owners.has(source)) owners.set(source, name);
  }
  return owners;
}

export function describeConflict({ source, owner }: Conflict): string {
  return owner === null
    ? `the source name ${source} is reserved for waitbus itself`
    : `the source name ${source} belongs to ${owner}`;
}
