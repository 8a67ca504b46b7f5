/**
 * The sources of packages that the user added: what the lock pins and its prefix holds. Looks at
 * manifests only, since a daemon starts within a command; every byte is compared right before a
 * source's code would run.
 */
import { asWaitbusError, ERRORS, errorText, WaitbusError } from '@waitbus/plugin-sdk/envelope';
import {
  agreedOf,
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
import type { InstalledSource, Quarantine } from './inventory.js';
import { engineMismatch, notAgreed, strayModules } from './may-run.js';
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
    const conflicts = conflictsOf(name, pin.sources, lock);
    for (const conflict of conflicts) {
      problems.push(nameConflict(`${name}: ${describeConflict(conflict)}, so it does not run`));
    }
    for (const source of await sourcesOf(name, pin, where, waitbusVersion)) {
      const conflict = conflicts.find((one) => one.source === source.name);
      if (conflict === undefined) found.push(source);
      else if (conflict.owner !== null) found.push(claimedTwice(source, conflict.owner));
    }
  }
  return found;
}

/**
 * A source of an added package as the lock has it now, and every byte of the package and of what it
 * depends on.
 */
export async function verifyAdded(
  where: AddedPackages,
  source: InstalledSource,
  waitbusVersion: string,
): Promise<Quarantine | null> {
  const { packageName } = source;
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
        break;
      case 'absent':
        return absent(packageName, pin);
      case 'changed':
        return changed(packageName, inspection.reasons);
    }
    const now = await sourcesOf(packageName, pin, where, waitbusVersion);
    return differenceFromNow(source, now);
  } catch (error) {
    if (isShortage(error)) throw error;
    const { message, remedy } = asWaitbusError(error);
    return { reason: message, remedy };
  }
}

/** Between a source as it was found and as it is: another pin has another directory. */
export function differenceFromNow(
  found: InstalledSource,
  now: readonly InstalledSource[],
): Quarantine | null {
  const same = now.find(({ name }) => name === found.name);
  if (same !== undefined && same.quarantine !== null) return same.quarantine;
  const { directory, manifest } = found;
  const is = { directory: same?.directory, manifest: same?.manifest };
  if (JSON.stringify(is) === JSON.stringify({ directory, manifest })) return null;
  return changed(found.packageName, ['it was pinned anew since it was looked for']);
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
    owner: ownerOf(packageName, pin),
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
    const isOwn = look.packageName === packageName && look.sources.join() === pin.sources.join();
    const isPinned = look.manifest === pin.manifest && look.version === pin.version;
    if (!isOwn || !isPinned) {
      return unreadable(changed(packageName, ['its manifest differs from the pin']));
    }
    manifest = readPinnedManifest(look.packageJson);
  } catch (error) {
    return unreadable(changed(packageName, [errorText(error)]));
  }
  const what = `${packageName} ${pin.version}`;
  const quarantine =
    (await differenceBeforeUse(plugins, packageName, pin, manifest)) ??
    engineMismatch(what, manifest.waitbusRange, waitbusVersion) ??
    notAgreed(what, pin, manifest) ??
    strayModules(prefix, pin.capabilities.fsRead);
  return Object.entries(manifest.sources).map(([name, entry]) => {
    const capabilities = agreedOf(pin.capabilities, entry.capabilities);
    return make(name, { ...entry, capabilities }, quarantine);
  });
}

/** What is emit-only has no start before which it would be looked at: other programs use its files. */
async function differenceBeforeUse(
  plugins: string,
  packageName: string,
  pin: Pin,
  { sources }: Manifest,
): Promise<Quarantine | null> {
  if (Object.values(sources).every(({ entry }) => entry !== undefined)) return null;
  const inspection = await inspectPlugin(plugins, packageName, pin);
  return inspection.state === 'changed' ? changed(packageName, inspection.reasons) : null;
}

/** Another publisher of the same package is another owner; so is whoever publishes without a proof. */
function ownerOf(packageName: string, { publisher }: Pin): string {
  const { issuer, repositoryId, ownerId } = publisher ?? {};
  return [packageName, issuer, repositoryId, ownerId].filter(Boolean).join(' ');
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

/** Whoever waits on it is told why neither of the two runs. */
function claimedTwice(source: InstalledSource, other: string): InstalledSource {
  const reason = `the source name ${source.name} is pinned for ${source.packageName} and for ${other}`;
  const remedy = `waitbus plugin remove ${source.packageName} leaves it to the other.`;
  return { ...source, quarantine: { reason, remedy } };
}

function nameConflict(message: string): WaitbusError {
  return new WaitbusError('WAITBUS_NAME_CONFLICT', message);
}
