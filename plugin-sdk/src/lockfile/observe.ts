/**
 * A look at a package together with its checked manifest: what is to be pinned, or is refused with
 * every problem of its manifest. Loads the schema library.
 */
import { join } from 'node:path';
import type { Manifest } from '../manifest/index.js';
import { readManifest } from '../manifest/read.js';
import { lookAtPackage, type Look } from './look.js';

export interface ObservedPackage extends Look {
  readonly directory: string;
  readonly packageManifest: Manifest;
}

/**
 * @param directory absolute path of the package
 * @param which see contentHash
 * @throws WaitbusError WAITBUS_BAD_MANIFEST or WAITBUS_PIN_MISMATCH
 */
export async function observePackage(
  directory: string,
  which: 'all' | 'packed',
): Promise<ObservedPackage> {
  const look = await lookAtPackage(directory, which);
  const packageManifest = readManifest(look.packageJson, join(directory, 'package.json'));
  return { ...look, directory, packageManifest };
}
