/**
 * Looks at a package on disk and says what a pin of it must equal, whether or not its manifest is
 * well formed. Reads files, runs nothing.
 */
import { createHash } from 'node:crypto';
import { lstat, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { WaitbusError } from '../envelope/index.js';
import { MANIFEST_KEY } from '../manifest/index.js';
import { contentHash } from './content-hash.js';
import { compareCodePoints } from './lockfile.js';
import type { Observed } from './trust.js';

/** Of a package.json; what is larger is something else. */
const MAX_BYTES = 4 * 1024 * 1024;

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
  const packageJson = await readPackageJson(directory);
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

/**
 * The text of a package's package.json. A pipe in its place is not waited for, nor a link followed.
 * @throws WaitbusError WAITBUS_PIN_MISMATCH for what is no regular file, or too large
 */
export async function readPackageJson(directory: string): Promise<string> {
  const file = join(directory, 'package.json');
  const stat = await lstat(file);
  if (!stat.isFile() || stat.size > MAX_BYTES) {
    const what = stat.isFile() ? `larger than ${MAX_BYTES} bytes` : 'no regular file';
    throw new WaitbusError('WAITBUS_PIN_MISMATCH', `${file} is ${what}`);
  }
  return readFile(file, 'utf8');
}
