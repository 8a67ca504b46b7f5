/**
 * What keeps a package from running though its bytes are those of its pin: another waitbus, other
 * capabilities than were agreed to, modules of others that it would load.
 */
import { existsSync, realpathSync } from 'node:fs';
import nodeModule from 'node:module';
import { dirname, join } from 'node:path';
import { shellWord } from '@waitbus/plugin-sdk/envelope';
import { isAgreed, type Pin } from '@waitbus/plugin-sdk/lockfile';
import { packageCapabilities, type Manifest } from '@waitbus/plugin-sdk/manifest';
import { overlaps } from '@waitbus/plugin-sdk/permissions';
import satisfies from 'semver/functions/satisfies.js';
import type { Quarantine } from './inventory.js';

/** Why a package for this range of waitbus versions must not run, or null: pure. */
export function engineMismatch(what: string, range: string, version: string): Quarantine | null {
  if (satisfies(version, range, { includePrerelease: true })) return null;
  return {
    reason: `${what} needs waitbus ${range}, this is ${version}`,
    remedy: `Install a version of it for waitbus ${version}.`,
  };
}

/** The lock may have been edited, by whoever committed it: pure. */
export function notAgreed(what: string, pin: Pin, manifest: Manifest): Quarantine | null {
  if (isAgreed(pin.capabilities, packageCapabilities(manifest))) return null;
  const name = manifest.packageName;
  return {
    reason: `${what} asks for other capabilities than its pin says were agreed to`,
    remedy: `waitbus plugin remove ${name} && waitbus plugin add ${name}@${manifest.version} asks anew.`,
  };
}

/**
 * Node looks for what a module imports in every `node_modules` above it. A source that may read none
 * of them gets nothing from there, and a Node that can hold `import` to directories does; another
 * must not run it.
 */
export function strayModules(
  prefix: string,
  fsRead: readonly string[],
  home = process.env['HOME'] ?? null,
): Quarantine | null {
  if (holdsImports() || !existsSync(prefix)) return null;
  for (let at = dirname(realpathSync(prefix)); ; at = dirname(at)) {
    const modules = join(at, 'node_modules');
    if (existsSync(modules) && overlaps(modules, fsRead, home)) return loadsFrom(modules);
    if (dirname(at) === at) return null;
  }
}

/** `import` can be held to directories where Node has hooks in the same thread: from 22.15 on. */
function holdsImports(): boolean {
  return 'registerHooks' in nodeModule;
}

function loadsFrom(modules: string): Quarantine {
  return {
    reason: `${modules} lies above it, and this Node would import from there what no pin lists`,
    remedy: `Run waitbus with Node 22.15 or newer, or move it away: mv ${shellWord(modules)} ${shellWord(`${modules}.away`)}`,
  };
}
