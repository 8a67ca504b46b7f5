/**
 * Writes the lock at the root of the source tree, which pins the first-party sources, or checks that
 * it is not stale. `npm run lock` and `npm run lock:check`.
 */
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import {
  formatLockfile,
  LOCKFILE_VERSION,
  parseLockfile,
  type Pin,
} from '@waitbus/plugin-sdk/lockfile';
import { declaresSources, MANIFEST_KEY, packageCapabilities } from '@waitbus/plugin-sdk/manifest';
import { observePackage, type ObservedPackage } from '@waitbus/plugin-sdk/manifest/check';
import { candidatePackages, findInstallation, isWorkspacePackage } from './installation.js';
import { EXIT, print, say, sayError } from './terminal/exit.js';

const installation = findInstallation();
const previous = readPrevious();
const now = `${new Date().toISOString().slice(0, 19)}Z`;

async function main(check: boolean): Promise<void> {
  const directories = candidatePackages(installation)
    .filter((directory) => isWorkspacePackage(installation, directory))
    .filter((directory) => declaresSources(readFileSync(join(directory, 'package.json'), 'utf8')));
  const packages = await Promise.all(directories.map((one) => observePackage(one, 'packed')));
  const names = packages.map(({ packageName }) => packageName);
  const text = formatLockfile({
    lockfileVersion: LOCKFILE_VERSION,
    plugins: Object.fromEntries(packages.map((one) => [one.packageName, pinOf(one)])),
  });
  if (!check) {
    writeFileSync(installation.lockfile, text);
    print(`${installation.lockfile}: pinned ${names.join(', ')}`);
  } else if (text === previous.text) {
    print(`${installation.lockfile}: ${names.length} packages, up to date`);
  } else {
    say(`${installation.lockfile} is stale: npm run lock rewrites it`);
    process.exitCode = EXIT.failure;
  }
}

main(process.argv.includes('--check')).catch((error: unknown) => {
  sayError(error, 'lock-workspace');
  process.exitCode = EXIT.failure;
});

function pinOf(observed: ObservedPackage): Pin {
  const { packageManifest } = observed;
  return {
    capabilities: packageCapabilities(packageManifest),
    content: observed.content,
    contract: MANIFEST_KEY,
    dependencies: {},
    evidence: 'local',
    firstPinnedAt: previous.plugins[packageManifest.packageName]?.firstPinnedAt ?? now,
    installScripts: 'none',
    integrity: null,
    manifest: observed.manifest,
    origin: 'workspace',
    publisher: null,
    sources: [...observed.sources],
    version: observed.version,
  };
}

function readPrevious(): { text: string; plugins: Readonly<Record<string, Pin>> } {
  try {
    const old = readFileSync(installation.lockfile, 'utf8');
    return { text: old, plugins: parseLockfile(old, installation.lockfile).plugins };
  } catch {
    return { text: '', plugins: {} };
  }
}
