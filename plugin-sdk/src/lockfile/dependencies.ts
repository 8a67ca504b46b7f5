/**
 * What lies beside a package in its own prefix: every directory under `node_modules`, however deep,
 * is a package that is hashed like the plugin itself. Anything else there is refused, since Node
 * would load from it. Reads files, runs nothing.
 */
import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { WaitbusError } from '../envelope/index.js';
import { contentHash } from './content-hash.js';
import type { Pin } from './lockfile.js';
import { readPackageJson } from './look.js';

/** Content hashes by path below the prefix, such as `node_modules/ws`; the plugin itself left out. */
export type DependencyContents = ReadonlyMap<string, string>;

/**
 * @param prefix absolute path of the directory that holds the plugin's `node_modules`
 * @param packageName the plugin, which is not a dependency of itself
 * @throws WaitbusError WAITBUS_PIN_MISMATCH for what is no package
 */
export async function dependencyContents(
  prefix: string,
  packageName: string,
): Promise<DependencyContents> {
  const found = new Map<string, string>();
  await visit(prefix, 'node_modules', `node_modules/${packageName}`, found);
  return found;
}

async function visit(
  prefix: string,
  modules: string,
  own: string,
  found: Map<string, string>,
): Promise<void> {
  for (const path of await packagesIn(prefix, modules)) {
    if (path !== own) found.set(path, await hashed(prefix, path));
    const nested = `${path}/node_modules`;
    const entries = await readdir(join(prefix, path), { withFileTypes: true });
    const inside = entries.find(({ name }) => name === 'node_modules');
    if (inside === undefined) continue;
    if (!inside.isDirectory()) throw refuse(prefix, `${nested} is no directory`);
    await visit(prefix, nested, own, found);
  }
}

async function hashed(prefix: string, path: string): Promise<string> {
  try {
    JSON.parse(await readPackageJson(join(prefix, path)));
  } catch {
    throw refuse(prefix, `${path} is no package`);
  }
  return contentHash(join(prefix, path), 'all');
}

/** Paths of the packages directly in a `node_modules`, those in scopes too. */
async function packagesIn(prefix: string, modules: string): Promise<string[]> {
  const paths: string[] = [];
  for (const entry of await readdir(join(prefix, modules), { withFileTypes: true })) {
    const path = `${modules}/${entry.name}`;
    if (!entry.isDirectory() || entry.name.startsWith('.')) {
      throw refuse(prefix, `${path} is no package`);
    }
    if (entry.name.startsWith('@') && !modules.includes('@', modules.lastIndexOf('/'))) {
      paths.push(...(await packagesIn(prefix, path)));
    } else {
      paths.push(path);
    }
  }
  return paths.sort();
}

/** How what was found differs from a pin, one reason a dependency: pure. */
export function dependencyReasons(pin: Pin, found: DependencyContents): string[] {
  const reasons: string[] = [];
  for (const [path, pinned] of Object.entries(pin.dependencies)) {
    const content = found.get(path);
    // An optional dependency may be for another platform.
    if (content === undefined) {
      if (!pinned.optional) reasons.push(`${path} is pinned and not there`);
    } else if (pinned.content === null) {
      reasons.push(`${path} was pinned on a platform that has no use for it, so without its bytes`);
    } else if (content !== pinned.content) {
      reasons.push(`${path} differs from the pin`);
    }
  }
  for (const path of found.keys()) {
    if (!Object.hasOwn(pin.dependencies, path)) reasons.push(`${path} is there and not pinned`);
  }
  return reasons;
}

function refuse(prefix: string, problem: string): WaitbusError {
  return new WaitbusError('WAITBUS_PIN_MISMATCH', `${prefix}: ${problem}`);
}
