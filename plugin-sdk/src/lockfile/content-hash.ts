/**
 * The content hash `h1:` of a package: sha256 over the sorted lines `<sha256 of file>  <path>` of
 * its own regular files. Modes and times do not count, nor does nested `node_modules`, so that it
 * is the same on every platform and however the package was installed.
 */
import { createHash } from 'node:crypto';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { WaitbusError } from '../envelope/index.js';
import { compareCodePoints } from './lockfile.js';

/** Reads only these members of package.json to know what npm would pack. */
interface PackList {
  readonly files?: readonly string[];
}

/** Files that npm packs whatever `files` says. */
const ALWAYS_PACKED = /^(package\.json|readme(\..*)?|licen[cs]e(\..*)?)$/i;

/**
 * Hashes a package directory.
 * @param directory absolute path of the package
 * @param which `all`: every file, as installed from a tarball. `packed`: what npm would pack out of
 *   a source tree, which `files` in its package.json lists as plain names.
 * @throws WaitbusError WAITBUS_PIN_MISMATCH for what must not be in a package: a symlink, a special
 *   file, a line break in a name, names that differ by case or Unicode form only
 */
export function contentHash(directory: string, which: 'all' | 'packed'): string {
  const lines = listFiles(directory, which).map(
    (path) =>
      `${createHash('sha256')
        .update(readFileSync(join(directory, path)))
        .digest('hex')}  ${path}\n`,
  );
  return `h1:${createHash('sha256').update(lines.join('')).digest('base64')}`;
}

/** Relative paths with `/`, sorted by code point. */
export function listFiles(directory: string, which: 'all' | 'packed'): string[] {
  const paths: string[] = [];
  const keep = which === 'all' ? () => true : packedFilter(directory);
  walk(directory, '', keep, paths);
  const folded = new Map<string, string>();
  for (const path of paths) {
    const key = path.normalize('NFC').toLowerCase();
    const twin = folded.get(key);
    if (twin !== undefined) throw refuse(directory, `${twin} and ${path} collide`);
    folded.set(key, path);
  }
  return paths.sort(compareCodePoints);
}

function packedFilter(directory: string): (topLevelName: string) => boolean {
  const text = readFileSync(join(directory, 'package.json'), 'utf8');
  const { files = [] } = JSON.parse(text) as PackList;
  const listed = new Set(files);
  return (name) => listed.has(name) || ALWAYS_PACKED.test(name);
}

function walk(
  root: string,
  below: string,
  keep: (topLevelName: string) => boolean,
  paths: string[],
): void {
  for (const entry of readdirSync(join(root, below), { withFileTypes: true })) {
    if (below === '' ? !keep(entry.name) : false) continue;
    if (entry.name === 'node_modules' || entry.name === '__pycache__') continue;
    const path = below === '' ? entry.name : `${below}/${entry.name}`;
    if (/[\r\n]/.test(entry.name)) throw refuse(root, `${JSON.stringify(path)} has a line break`);
    if (entry.isDirectory()) walk(root, path, keep, paths);
    else if (entry.isFile()) paths.push(path);
    else throw refuse(root, `${path} is neither a file nor a directory`);
  }
}

function refuse(directory: string, problem: string): WaitbusError {
  return new WaitbusError('WAITBUS_PIN_MISMATCH', `${directory}: ${problem}`);
}
