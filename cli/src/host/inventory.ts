/**
 * Which sources there are and whether they may run: discovered by the manifest key, compared with
 * the lock by content hash. Reads files, runs nothing; the verdict is data. The schema library is
 * loaded only for a package that does not equal its pin: the bytes of one that does were checked
 * when they were pinned.
 */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { asWaitbusError, ERRORS, type WaitbusError } from '@waitbus/plugin-sdk/envelope';
import {
  agreedOf,
  EMPTY_LOCKFILE,
  lookAtPackage,
  parseLockfile,
  trust,
  type Lockfile,
  type Look,
  type Pin,
} from '@waitbus/plugin-sdk/lockfile';
import {
  declaresSources,
  NO_CAPABILITIES,
  readPinnedManifest,
  type Manifest,
  type SourceEntry,
} from '@waitbus/plugin-sdk/manifest';
import {
  candidatePackages,
  isWorkspacePackage,
  modulesAbove,
  type Installation,
} from '../installation.js';
import { addedSources, differenceFromNow, verifyAdded, type AddedPackages } from './added.js';
import { engineMismatch, notAgreed } from './may-run.js';
import { isShortage } from './shortage.js';

/** A source that was found. */
export interface InstalledSource {
  readonly name: string;
  readonly packageName: string;
  readonly version: string;
  readonly directory: string;
  readonly manifest: SourceEntry;
  /** Added by the user, with a prefix of its own; else it came with waitbus. */
  readonly added: boolean;
  /** Absolute directories that its process has to be able to read. */
  readonly readRoots: readonly string[];
  readonly evidence: Pin['evidence'];
  /** Whom secrets are granted to: its package and publisher. Absent: it came with waitbus. */
  readonly owner?: string;
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

/** Looks at every candidate package: those that came with waitbus, and those that were added. */
export async function takeInventory(
  installation: Installation,
  addedPackages: AddedPackages,
): Promise<Inventory> {
  const problems: WaitbusError[] = [];
  const lock = readLock(installation, problems);
  const found: InstalledSource[] = [];
  for (const directory of candidatePackages(installation)) {
    try {
      if (!declaresSources(readFileSync(join(directory, 'package.json'), 'utf8'))) continue;
      found.push(...(await judge(directory, lock, installation)));
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
  for (const source of await addedSources(addedPackages, installation.version, problems)) {
    const owner = sources.get(source.name);
    if (owner === undefined) sources.set(source.name, source);
    else problems.push(claimed(source, owner));
  }
  return { sources, problems };
}

/**
 * Looks at one source again, right before its code would run: what was pinned when the daemon
 * started may have been changed since.
 * @throws when the machine is too short of something to look
 */
export async function verifyAgain(
  installation: Installation,
  addedPackages: AddedPackages,
  source: InstalledSource,
): Promise<Quarantine | null> {
  if (source.added) return verifyAdded(addedPackages, source, installation.version);
  try {
    const lock = parseLockfile(readFileSync(installation.lockfile, 'utf8'), installation.lockfile);
    return differenceFromNow(source, await judge(source.directory, lock, installation));
  } catch (error) {
    if (isShortage(error)) throw error;
    const { message, remedy } = asWaitbusError(error);
    return { reason: message, remedy };
  }
}

function filesOf(installation: Installation, directory: string): 'packed' | 'all' {
  return isWorkspacePackage(installation, directory) ? 'packed' : 'all';
}

function readLock(installation: Installation, problems: WaitbusError[]): Lockfile {
  try {
    return parseLockfile(readFileSync(installation.lockfile, 'utf8'), installation.lockfile);
  } catch (error) {
    problems.push(asWaitbusError(error));
    return EMPTY_LOCKFILE;
  }
}

async function judge(
  directory: string,
  lock: Lockfile,
  installation: Installation,
): Promise<InstalledSource[]> {
  const look = await lookAtPackage(directory, filesOf(installation, directory));
  const difference = differenceFromPin(look, lock);
  const declared =
    difference === null
      ? readPinnedManifest(look.packageJson)
      : await checkedManifest(look.packageJson, directory);
  const { packageName, version, waitbusRange, sources } = declared;
  const what = `${packageName} ${version}`;
  const pin = pinOf(lock, packageName);
  const quarantine =
    engineMismatch(what, waitbusRange, installation.version) ??
    difference ??
    (pin === undefined ? null : notAgreed(what, pin, declared));
  const agreed = pin?.capabilities ?? NO_CAPABILITIES;
  return Object.entries(sources).map(([name, manifest]) => ({
    name,
    packageName,
    version,
    directory,
    manifest: { ...manifest, capabilities: agreedOf(agreed, manifest.capabilities) },
    quarantine,
    added: false,
    readRoots: readRootsOf(installation, directory),
    evidence: 'local' as const,
  }));
}

/** A package that came with waitbus finds its dependencies as Node does: in directories above it. */
function readRootsOf({ workspaceRoot }: Installation, directory: string): string[] {
  if (workspaceRoot !== null) return [workspaceRoot];
  const above = modulesAbove(directory);
  return above.length === 0 ? [directory] : above;
}

async function checkedManifest(packageJson: string, directory: string): Promise<Manifest> {
  const { readManifest } = await import('@waitbus/plugin-sdk/manifest/check');
  return readManifest(packageJson, join(directory, 'package.json'));
}

function differenceFromPin(look: Look, lock: Lockfile): Quarantine | null {
  const { packageName } = look;
  const decision = trust(pinOf(lock, packageName), look);
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
  return pinOf(lock, source.packageName)?.sources.includes(source.name) === true;
}

function pinOf({ plugins }: Lockfile, packageName: string): Pin | undefined {
  return Object.hasOwn(plugins, packageName) ? plugins[packageName] : undefined;
}

function claimed(source: InstalledSource, owner: InstalledSource): WaitbusError {
  return asWaitbusError(
    new Error(
      `${source.packageName} claims the source name ${source.name}, which ${owner.packageName} has`,
    ),
  );
}
