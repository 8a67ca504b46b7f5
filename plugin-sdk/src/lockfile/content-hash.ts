/**
 * The content hash `h1:` of a package: sha256 over the sorted lines `<sha256 of file>  <path>` of
 * its own regular files. Modes and times do not count, nor does its `node_modules`, so that it
 * is the same on every platform and however the package was installed. Reads beside the event loop:
 * the daemon hashes a source before it starts it, and must not hold others up.
 */
import { createHash } from 'node:crypto';
import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { WaitbusError } from '../envelope/index.js';
import { compareCodePoints } from './lockfile.js';

/** Reads only these members of package.json to know what npm would pack. */
interface PackList {
  readonly files?: readonly string[];
}

/** Files that npm packs whatever `files` says. */
const ALWAYS_PACKED = /^(package\.json|readme(\..*)?|licen[cs]e(\..*)?)$/i;
/** Keeps every file. */
const ALL = () => true;
/** Files that are read at once. */
const AT_ONCE = 16;

/**
 * Hashes a package directory.
 * @param directory absolute path of the package
 * @param which `all`: every file, as installed from a tarball. `packed`: what npm would pack out of
 *   a source tree, which `files` in its package.json lists as plain names.
 * @throws WaitbusError WAITBUS_PIN_MISMATCH for what must not be in a package: a symlink, a special
 *   file, a line break in a name, names that differ by case or Unicode form only
 */
export async function contentHash(directory: string, which: 'all' | 'packed'): Promise<string> {
  const paths = await listFiles(directory, which);
  const lines: string[] = [];
  for (let at = 0; at < paths.length; at += AT_ONCE) {
    const some = paths.slice(at, at + AT_ONCE);
    const bytes = await Promise.all(some.map((path) => readFile(join(directory, path))));
    bytes.forEach((content, n) => {
      lines.push(`${createHash('sha256').update(content).digest('hex')}  ${some[n]}\n`);
    });
  }
  return `h1:${createHash('sha256').update(lines.join('')).digest('base64')}`;
}

/** Relative paths with `/`, sorted by code point. */
export async function listFiles(directory: string, which: 'all' | 'packed'): Promise<string[]> {
  const paths: string[] = [];
  const keep = which === 'all' ? ALL : await packedFilter(directory);
  await walk(directory, '', keep, paths);
  const folded = new Map<string, string>();
  for (const path of paths) {
    const key = path.normalize('NFC').toLowerCase();
    const twin = folded.get(key);
    if (twin !== undefined) throw refuse(directory, `${twin} and ${path} collide`);
    folded.set(key, path);
  }
  return paths.sort(compareCodePoints);
}

async function packedFilter(directory: string): Promise<(topLevelName: string) => boolean> {
  const text = await readFile(join(directory, 'package.json'), 'utf8');
  const { files = [] } = JSON.parse(text) as PackList;
  const listed = new Set(files);
  return (name) => listed.has(name) || ALWAYS_PACKED.test(name);
}

async function walk(
  root: string,
  below: string,
  keep: (topLevelName: string) => boolean,
  paths: string[],
): Promise<void> {
  for (const entry of await readdir(join(root, below), { withFileTypes: true })) {
    // What lies in the package's own node_modules is a dependency; one further down is its own.
    if (below === '' && (entry.name === 'node_modules' || !keep(entry.name))) continue;
    // npm packs none of a source tree; where one is installed, Python would run what lies in it.
    if (entry.name === '__pycache__' && keep !== ALL) continue;
    const path = below === '' ? entry.name : `${below}/${entry.name}`;
    if (/[\r\n]/.test(entry.name)) throw refuse(root, `${JSON.stringify(path)} has a line break`);
    if (entry.isDirectory()) await walk(root, path, keep, paths);
    else if (entry.isFile()) paths.push(path);
    else throw refuse(root, `${path} is neither a file nor a directory`);
  }
}

function refuse(directory: string, problem: string): WaitbusError {
  return new WaitbusError('WAITBUS_PIN_MISMATCH', `${directory}: ${problem}`);
}
