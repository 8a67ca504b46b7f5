/**
 * Looks at a package on disk and says what a pin of it must equal. Reads files, runs nothing.
 */
import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { MANIFEST_KEY, readManifest, type Manifest } from '../manifest/index.js';
import { contentHash } from './content-hash.js';
import { compareCodePoints } from './lockfile.js';
import type { Observed } from './trust.js';

export interface ObservedPackage extends Observed {
  readonly directory: string;
  readonly packageManifest: Manifest;
}

/**
 * @param directory absolute path of the package
 * @param which see contentHash
 * @throws WaitbusError WAITBUS_BAD_MANIFEST or WAITBUS_PIN_MISMATCH
 */
export function observePackage(directory: string, which: 'all' | 'packed'): ObservedPackage {
  const file = join(directory, 'package.json');
  const text = readFileSync(file, 'utf8');
  const packageManifest = readManifest(text, file);
  const declared = (JSON.parse(text) as Record<string, unknown>)[MANIFEST_KEY];
  return {
    directory,
    packageManifest,
    version: packageManifest.version,
    sources: Object.keys(packageManifest.sources).sort(compareCodePoints),
    manifest: `sha256-${createHash('sha256').update(JSON.stringify(declared)).digest('base64')}`,
    content: contentHash(directory, which),
  };
}
