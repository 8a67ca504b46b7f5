/**
 * Puts back what a pin says, on a new machine or over a damaged copy: the same tarballs by their
 * sha512, laid as they were pinned, and hashed again before anybody sees them.
 */
import { readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { WaitbusError } from '@waitbus/plugin-sdk/envelope';
import { below, type Pin } from '@waitbus/plugin-sdk/lockfile';
import { observePackage } from '@waitbus/plugin-sdk/manifest/check';
import { notAgreed } from '../host/may-run.js';
import type { Paths } from '../paths.js';
import { place, prune } from './commit.js';
import { inspectPlugin, inspectPrefix } from './inspect.js';
import { packageIn } from './layout.js';
import { lay, type Tarballs } from './lay.js';
import { exclusively } from './lock-store.js';
import { runsHere } from './platform.js';
import { entriesOf } from './restore-entries.js';
import { checkSeen, rememberSeen } from './seen.js';
import { openStaging } from './staging.js';
import type { Platform, TreeEntry } from './tree.js';

export interface RestoreOptions {
  readonly paths: Paths;
  readonly lockfile: string;
  readonly progress: (line: string) => void;
  /** Tarballs that the user gave, by integrity. */
  readonly tarballs: Tarballs;
}

/**
 * @returns whether it had to be put back
 * @throws WaitbusError WAITBUS_PIN_MISMATCH when what can be had is not what was pinned
 */
export async function restorePlugin(
  name: string,
  pin: Pin,
  options: RestoreOptions,
): Promise<boolean> {
  const { paths, lockfile, progress, tarballs } = options;
  if ((await inspectPlugin(paths.plugins, name, pin)).state === 'intact') return false;
  const local = pin.origin !== 'registry' && !tarballs.has(pin.integrity ?? '');
  if (local) throw cannotFetch(name, pin);
  checkSeen(paths.plugins, name, pin);
  using staging = openStaging(paths.plugins);
  const entries = entriesOf(name, pin);
  progress(`fetching ${name} ${pin.version} and ${entries.length - 1} dependencies`);
  await lay(staging, entries, tarballs);
  for (const entry of entries) dropForeign(staging.prefix, entry);
  const inspection = await inspectPrefix(staging.directory, 'prefix', name, pin);
  if (inspection.state !== 'intact') {
    const reasons = inspection.state === 'changed' ? inspection.reasons.join('; ') : 'it is empty';
    throw new WaitbusError(
      'WAITBUS_PIN_MISMATCH',
      `${name} ${pin.version} as it is published is not what was pinned: ${reasons}`,
      'Restore plugins.lock.json from version control, or ask its author.',
    );
  }
  // Whoever wrote the lock may never have had the manifest checked, nor asked anybody.
  const { packageManifest } = await observePackage(packageIn(staging.prefix, name), 'all');
  const quarantine = notAgreed(`${name} ${pin.version}`, pin, packageManifest);
  if (quarantine !== null) {
    throw new WaitbusError('WAITBUS_CONSENT_MISSING', quarantine.reason, quarantine.remedy);
  }
  const waiting = () => progress('waiting for another waitbus plugin command');
  await exclusively(paths, lockfile, waiting, async () => {
    await place(paths.plugins, name, pin, staging);
    rememberSeen(paths.plugins, name, pin);
    prune(paths, name, [pin]);
  });
  return true;
}

/** An optional package that is for another platform is as absent here as npm would leave it. */
function dropForeign(prefix: string, entry: TreeEntry): void {
  if (!entry.optional) return;
  const directory = below(prefix, entry.path);
  const platform = JSON.parse(readFileSync(join(directory, 'package.json'), 'utf8')) as Platform;
  if (!runsHere({ ...entry, platform })) rmSync(directory, { recursive: true });
}

function cannotFetch(name: string, pin: Pin): WaitbusError {
  return new WaitbusError(
    'WAITBUS_NOT_INSTALLED',
    `${name} ${pin.version} was pinned from a ${pin.origin}, which no registry has`,
    `Give its tarball: waitbus plugin install --frozen ./${name.replace('/', '-').replace('@', '')}-${pin.version}.tgz`,
  );
}
