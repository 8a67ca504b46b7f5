/**
 * Makes a candidate visible: one rename into its place, then the pin. Killed anywhere, there is the
 * old state or the new one: what no pin points to is not looked at.
 */
import { lstatSync, mkdirSync, readdirSync, renameSync, rmSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { below, type Lockfile, type Pin } from '@waitbus/plugin-sdk/lockfile';
import { inspectPlugin } from './inspect.js';
import { isDirectoryBelow, isPrefixName, prefixName, prefixOf, versionsOf } from './layout.js';
import type { Paths } from '../paths.js';
import { readLockfile, unwritable } from './lock-store.js';
import type { Staging } from './staging.js';

/** Puts the staged prefix in its place, unless an intact one is there. */
export async function place(
  pluginsDir: string,
  name: string,
  pin: Pin,
  staging: Staging,
): Promise<void> {
  const target = prefixOf(pluginsDir, name, pin);
  isDirectoryBelow(pluginsDir, name);
  // A link in its place is moved, not followed.
  if (lstatSync(target, { throwIfNoEntry: false }) !== undefined) {
    if ((await inspectPlugin(pluginsDir, name, pin)).state === 'intact') return;
    // Out of the way in one step; what it was goes with the staging place.
    renameSync(target, join(staging.directory, 'replaced'));
  }
  try {
    mkdirSync(dirname(target), { recursive: true, mode: 0o700 });
    renameSync(staging.prefix, target);
  } catch (error) {
    throw unwritable(dirname(target), error as Error);
  }
}

export function withPin(lock: Lockfile, name: string, pin: Pin): Lockfile {
  return { ...lock, plugins: { ...lock.plugins, [name]: pin } };
}

export function withoutPin(lock: Lockfile, name: string): Lockfile {
  const plugins = Object.entries(lock.plugins).filter(([key]) => key !== name);
  return { ...lock, plugins: Object.fromEntries(plugins) };
}

/**
 * Removes the versions of a plugin that nothing needs: neither those given nor the one that the
 * user's own lock pins, which may not be the lock at hand. Only what has the shape of a prefix goes.
 */
export function prune(
  { plugins, lockfile }: Pick<Paths, 'plugins' | 'lockfile'>,
  name: string,
  keep: readonly (Pin | null)[],
): void {
  const own = pinIn(lockfile, name);
  if (own === undefined) return;
  const kept = new Set([...keep, own].flatMap((pin) => (pin === null ? [] : [prefixName(pin)])));
  const directory = versionsOf(plugins, name);
  if (!isDirectoryBelow(plugins, name)) return;
  for (const version of readdirSync(directory)) {
    if (!isPrefixName(version) || kept.has(version)) continue;
    rmSync(below(directory, version), { recursive: true, force: true });
  }
}

/** Null when it pins none; undefined when it cannot be read, so that it may pin any. */
function pinIn(lockfile: string, name: string): Pin | null | undefined {
  try {
    const plugins = readLockfile(lockfile)?.plugins ?? {};
    return Object.hasOwn(plugins, name) ? (plugins[name] ?? null) : null;
  } catch {
    return undefined;
  }
}
