/**
 * The one source that `waitbus plugin dev` runs, as an inventory: read from its directory, never
 * compared with a pin. It reaches a daemon only as an argument of the call that starts it.
 */
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { WaitbusError } from '@waitbus/plugin-sdk/envelope';
import { readManifest } from '@waitbus/plugin-sdk/manifest/check';
import type { InstalledSource } from '../host/inventory.js';
import { UsageError } from '../terminal/exit.js';
import { devEntry } from './dev-entry.js';

/**
 * @param directory absolute
 * @param wanted the source, where the package has several
 * @throws WaitbusError WAITBUS_BAD_MANIFEST, or UsageError when there is nothing to run
 */
export function readDevSource(directory: string, wanted: string | undefined): InstalledSource {
  const file = join(directory, 'package.json');
  if (!existsSync(file)) throw new UsageError(`${directory} has no package.json`);
  const { packageName, version, sources } = readManifest(readFileSync(file, 'utf8'), file);
  const name = wanted ?? onlyOne(Object.keys(sources));
  const declared = Object.hasOwn(sources, name) ? sources[name] : undefined;
  if (declared === undefined) {
    throw new UsageError(`${packageName} has no source ${name}; it has ${names(sources)}`);
  }
  if (declared.entry === undefined) {
    throw new UsageError(`${name} is emit-only: there is no process to run`);
  }
  const entry = devEntry(declared.entry, (path) => existsSync(join(directory, path)));
  if (entry === null) {
    throw new WaitbusError(
      'WAITBUS_BAD_MANIFEST',
      `${name}: there is neither ${declared.entry} nor its TypeScript`,
    );
  }
  return {
    name,
    packageName,
    version,
    directory,
    manifest: { ...declared, entry },
    added: true,
    // Nothing is pinned, and what it depends on may lie anywhere above.
    readRoots: ['/'],
    evidence: 'local',
    quarantine: null,
  };
}

function onlyOne(all: readonly string[]): string {
  const [first, ...more] = all;
  if (first !== undefined && more.length === 0) return first;
  throw new UsageError(`--source NAME: the package has several, ${all.join(', ')}`);
}

function names(sources: object): string {
  return Object.keys(sources).join(', ');
}
