/**
 * Looks at a package on disk and says what a pin of it must equal, whether or not its manifest is
 * well formed. Reads files, runs nothing.
 */
import { createHash } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { MANIFEST_KEY } from '../manifest/index.js';
import { contentHash } from './content-hash.js';
import { compareCodePoints } from './lockfile.js';
import type { Observed } from './trust.js';

export interface Look extends Observed {
  /** The text of its package.json, unchecked. */
  readonly packageJson: string;
  readonly packageName: string;
}

/**
 * @param directory absolute path of a package that declares sources
 * @param which see contentHash
 * @throws WaitbusError WAITBUS_PIN_MISMATCH for what must not be in a package
 */
export async function lookAtPackage(directory: string, which: 'all' | 'packed'): Promise<Look> {
  return { ...(await lookAtManifest(directory)), content: await contentHash(directory, which) };
}

/** What package.json alone says: all that a list of sources needs, and cheap. */
export async function lookAtManifest(directory: string): Promise<Omit<Look, 'content'>> {
  const packageJson = await readFile(join(directory, 'package.json'), 'utf8');
  const {
    name,
    version,
    [MANIFEST_KEY]: declared,
  } = JSON.parse(packageJson) as Record<string, unknown>;
  return {
    packageJson,
    packageName: String(name),
    version: String(version),
    sources: Object.keys(Object(declared) as object).sort(compareCodePoints),
    manifest: `sha256-${createHash('sha256').update(JSON.stringify(declared)).digest('base64')}`,
  };
}
