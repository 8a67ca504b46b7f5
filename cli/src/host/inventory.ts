/**
 * Which sources there are and whether they may run: discovered by the manifest key, compared with
 * the lock by content hash. Reads files, runs nothing; the verdict is data.
 */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { asWaitbusError, ERRORS, type WaitbusError } from '@waitbus/plugin-sdk/envelope';
import {
  EMPTY_LOCKFILE,
  observePackage,
  parseLockfile,
  trust,
  type Lockfile,
  type ObservedPackage,
} from '@waitbus/plugin-sdk/lockfile';
import { declaresSources, type SourceEntry } from '@waitbus/plugin-sdk/manifest';
import { satisfies } from 'semver';
import { candidatePackages, isWorkspacePackage, type Installation } from '../installation.js';

/** A source that was found. */
export interface InstalledSource {
  readonly name: string;
  readonly packageName: string;
  readonly version: string;
  readonly directory: string;
  readonly manifest: SourceEntry;
  /** Why it must not run, or null when it is pinned and unchanged. */
  readonly quarantine: Quarantine | null;
}

export interface Quarantine {
  readonly reason: string;
  readonly remedy: string;
}

export interface Inventory {
  readonly sources: ReadonlyMap<string, InstalledSource>;
  /** Packages that could not be read at all, and names that two packages claim. */
  readonly problems: readonly WaitbusError[];
}

/** Looks at every candidate package. */
export function takeInventory(installation: Installation): Inventory {
  const problems: WaitbusError[] = [];
  const lock = readLock(installation, problems);
  const found: InstalledSource[] = [];
  for (const directory of candidatePackages(installation)) {
    try {
      if (!declaresSources(readFileSync(join(directory, 'package.json'), 'utf8'))) continue;
      const which = isWorkspacePackage(installation, directory) ? 'packed' : 'all';
      found.push(...judge(observePackage(directory, which), lock, installation.version));
    } catch (error) {
      problems.push(asWaitbusError(error));
    }
  }
  const sources = new Map<string, InstalledSource>();
  // The pinned owner of a name keeps it; directory order decides nothing.
  const pinnedFirst = found.sort((a, b) => Number(isPinned(lock, b)) - Number(isPinned(lock, a)));
  for (const source of pinnedFirst) {
    const owner = sources.get(source.name);
    if (owner === undefined) sources.set(source.name, source);
    else problems.push(claimed(source, owner));
  }
  return { sources, problems };
}

/**
 * Looks at one source again, right before its code would run: what was pinned when the daemon
 * started may have been changed since.
 */
export function verifyAgain(
  installation: Installation,
  source: InstalledSource,
): Quarantine | null {
  try {
    const which = isWorkspacePackage(installation, source.directory) ? 'packed' : 'all';
    const observed = observePackage(source.directory, which);
    const lock = parseLockfile(readFileSync(installation.lockfile, 'utf8'), installation.lockfile);
    const { waitbusRange } = observed.packageManifest;
    return quarantineOf(observed, lock, installation.version, waitbusRange);
  } catch (error) {
    const { message, remedy } = asWaitbusError(error);
    return { reason: message, remedy };
  }
}

function readLock(installation: Installation, problems: WaitbusError[]): Lockfile {
  try {
    return parseLockfile(readFileSync(installation.lockfile, 'utf8'), installation.lockfile);
  } catch (error) {
    problems.push(asWaitbusError(error));
    return EMPTY_LOCKFILE;
  }
}

function judge(
  observed: ObservedPackage,
  lock: Lockfile,
  waitbusVersion: string,
): InstalledSource[] {
  const { packageName, waitbusRange, sources } = observed.packageManifest;
  const quarantine = quarantineOf(observed, lock, waitbusVersion, waitbusRange);
  return Object.entries(sources).map(([name, manifest]) => ({
    name,
    packageName,
    version: observed.version,
    directory: observed.directory,
    manifest,
    quarantine,
  }));
}

function quarantineOf(
  observed: ObservedPackage,
  lock: Lockfile,
  waitbusVersion: string,
  waitbusRange: string,
): Quarantine | null {
  const { packageName } = observed.packageManifest;
  if (!satisfies(waitbusVersion, waitbusRange, { includePrerelease: true })) {
    return {
      reason: `${packageName} ${observed.version} needs waitbus ${waitbusRange}, this is ${waitbusVersion}`,
      remedy: `Install a version of ${packageName} for waitbus ${waitbusVersion}.`,
    };
  }
  const pin = Object.hasOwn(lock.plugins, packageName) ? lock.plugins[packageName] : undefined;
  const decision = trust(pin, observed);
  switch (decision.verdict) {
    case 'match':
      return null;
    case 'first-use':
      return {
        reason: `${packageName} is not pinned in plugins.lock.json`,
        remedy: ERRORS.WAITBUS_NOT_PINNED.remedy,
      };
    case 'changed':
      return {
        reason: `${packageName} differs from its pin: ${decision.reasons.join('; ')}`,
        remedy: ERRORS.WAITBUS_PIN_MISMATCH.remedy,
      };
  }
}

function isPinned(lock: Lockfile, source: InstalledSource): boolean {
  const { packageName, name } = source;
  if (!Object.hasOwn(lock.plugins, packageName)) return false;
  return lock.plugins[packageName]?.sources.includes(name) === true;
}

function claimed(source: InstalledSource, owner: InstalledSource): WaitbusError {
  return asWaitbusError(
    new Error(
      `${source.packageName} claims the source name ${source.name}, which ${owner.packageName} has`,
    ),
  );
}
