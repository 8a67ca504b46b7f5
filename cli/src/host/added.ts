/**
 * The sources of packages that the user added: what the lock pins and its prefix holds. Looks at
 * manifests only, since a daemon starts within a command; every byte is compared right before a
 * source's code would run.
 */
import { asWaitbusError, ERRORS, WaitbusError } from '@waitbus/plugin-sdk/envelope';
import {
  EMPTY_LOCKFILE,
  lookAtManifest,
  type Lockfile,
  type Pin,
} from '@waitbus/plugin-sdk/lockfile';
import { readPinnedManifest, type Manifest, type SourceEntry } from '@waitbus/plugin-sdk/manifest';
import { inspectPlugin } from '../plugins/inspect.js';
import { isDirectoryBelow, packageIn, prefixName, prefixOf } from '../plugins/layout.js';
import { readLockfile } from '../plugins/lock-store.js';
import { conflictsOf, describeConflict } from '../plugins/reserved.js';
import { engineMismatch, type InstalledSource, type Quarantine } from './inventory.js';
import { isShortage } from './shortage.js';

/** Where the user's pins and packages are. */
export interface AddedPackages {
  readonly lockfile: string;
  readonly plugins: string;
}

/** @param problems gets what cannot be said of a source: a lock that cannot be read, a name in use */
export async function addedSources(
  where: AddedPackages,
  waitbusVersion: string,
  problems: WaitbusError[],
): Promise<InstalledSource[]> {
  const lock = lockOf(where.lockfile, problems);
  const found: InstalledSource[] = [];
  for (const [name, pin] of Object.entries(lock.plugins)) {
    if (pin.origin === 'workspace') continue;
    const refused = new Set<string>();
    for (const conflict of conflictsOf(name, pin.sources, lock)) {
      refused.add(conflict.source);
      problems.push(nameConflict(`${name}: ${describeConflict(conflict)}, so it does not run`));
    }
    for (const source of await sourcesOf(name, pin, where, waitbusVersion)) {
      if (!refused.has(source.name)) found.push(source);
    }
  }
  return found;
}

/** Every byte of an added package and of what it depends on, against the lock as it is now. */
export async function verifyAdded(
  where: AddedPackages,
  packageName: string,
): Promise<Quarantine | null> {
  try {
    const plugins = readLockfile(where.lockfile)?.plugins ?? {};
    const pin = Object.hasOwn(plugins, packageName) ? plugins[packageName] : undefined;
    if (pin === undefined) {
      return {
        reason: `${packageName} is not pinned in ${where.lockfile}`,
        remedy: `waitbus plugin add ${packageName}`,
      };
    }
    const inspection = await inspectPlugin(where.plugins, packageName, pin);
    switch (inspection.state) {
      case 'intact':
        return null;
      case 'absent':
        return absent(packageName, pin);
      case 'changed':
        return changed(packageName, inspection.reasons);
    }
  } catch (error) {
    if (isShortage(error)) throw error;
    const { message, remedy } = asWaitbusError(error);
    return { reason: message, remedy };
  }
}

function lockOf(file: string, problems: WaitbusError[]): Lockfile {
  try {
    return readLockfile(file) ?? EMPTY_LOCKFILE;
  } catch (error) {
    problems.push(asWaitbusError(error));
    return EMPTY_LOCKFILE;
  }
}

async function sourcesOf(
  packageName: string,
  pin: Pin,
  { plugins }: AddedPackages,
  waitbusVersion: string,
): Promise<InstalledSource[]> {
  const prefix = prefixOf(plugins, packageName, pin);
  const directory = packageIn(prefix, packageName);
  const make = (
    name: string,
    manifest: SourceEntry,
    quarantine: Quarantine | null,
  ): InstalledSource => ({
    name,
    packageName,
    version: pin.version,
    directory,
    manifest,
    quarantine,
    added: true,
    readRoots: [prefix],
    evidence: pin.evidence,
  });
  const unreadable = (quarantine: Quarantine) =>
    pin.sources.map((name) => make(name, unknownEntry(pin), quarantine));
  let manifest: Manifest;
  try {
    if (!isDirectoryBelow(plugins, packageName, prefixName(pin))) {
      return unreadable(absent(packageName, pin));
    }
    isDirectoryBelow(prefix, 'node_modules', packageName);
    const look = await lookAtManifest(directory);
    // Names of sources become directories: those of the pin were checked when the lock was read.
    const isPinned = look.sources.join() === pin.sources.join() && look.packageName === packageName;
    if (!isPinned || look.manifest !== pin.manifest || look.version !== pin.version) {
      return unreadable(changed(packageName, ['its manifest differs from the pin']));
    }
    manifest = readPinnedManifest(look.packageJson);
  } catch (error) {
    return unreadable(changed(packageName, [(error as Error).message]));
  }
  const quarantine = engineMismatch(
    `${packageName} ${pin.version}`,
    manifest.waitbusRange,
    waitbusVersion,
  );
  return Object.entries(manifest.sources).map(([name, entry]) => make(name, entry, quarantine));
}

/** What is known of a source whose manifest cannot be read: that it does not run. */
function unknownEntry({ capabilities }: Pin): SourceEntry {
  return { activation: 'on-demand', eventTypes: [], capabilities };
}

function absent(name: string, { version }: Pin): Quarantine {
  return {
    reason: `${name} ${version} is pinned and not installed`,
    remedy: ERRORS.WAITBUS_NOT_INSTALLED.remedy,
  };
}

function changed(name: string, reasons: readonly string[]): Quarantine {
  return {
    reason: `${name} differs from its pin: ${reasons.join('; ')}`,
    remedy: ERRORS.WAITBUS_PIN_MISMATCH.remedy,
  };
}

function nameConflict(message: string): WaitbusError {
  return new WaitbusError('WAITBUS_NAME_CONFLICT', message);
}
