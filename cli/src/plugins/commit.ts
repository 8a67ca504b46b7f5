/**
 * Makes a candidate visible: one rename into its place, then the pin. Killed anywhere, there is the
 * old state or the new one: what no pin points to is not looked at.
 */
import { existsSync, mkdirSync, readdirSync, renameSync, rmSync } from 'node:fs';
import { dirname, join } from 'node:path';
import type { Lockfile, Pin } from '@waitbus/plugin-sdk/lockfile';
import { inspectPrefix } from './inspect.js';
import { prefixName, prefixOf } from './layout.js';
import { unwritable } from './lock-store.js';
import type { Staging } from './staging.js';

/** Puts the staged prefix in its place, unless an intact one is there. */
export async function place(
  pluginsDir: string,
  name: string,
  pin: Pin,
  staging: Staging,
): Promise<void> {
  const target = prefixOf(pluginsDir, name, pin);
  if (existsSync(target)) {
    if ((await inspectPrefix(target, name, pin)).state === 'intact') return;
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

/** Removes the versions of a plugin that are neither pinned nor the one that was pinned before. */
export function prune(pluginsDir: string, name: string, keep: readonly (Pin | undefined)[]): void {
  const kept = new Set(keep.flatMap((pin) => (pin === undefined ? [] : [prefixName(pin)])));
  const directory = join(pluginsDir, name);
  for (const version of existsSync(directory) ? readdirSync(directory) : []) {
    if (!kept.has(version)) rmSync(join(directory, version), { recursive: true, force: true });
  }
}
