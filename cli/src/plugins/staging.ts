/**
 * A place where a package is put together before anybody can see it, held by a lock that ends with
 * its process: what a killed command left is found and removed by the next one.
 */
import { randomBytes } from 'node:crypto';
import { mkdirSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { tryLock } from '@waitbus/kernel/file-lock';
import { WaitbusError } from '@waitbus/plugin-sdk/envelope';
import { below } from '@waitbus/plugin-sdk/lockfile';
import { isDirectoryBelow, PREFIX_PACKAGE, STAGING } from './layout.js';
import { unwritable } from './lock-store.js';

const PLACE = /^add-[0-9a-f]{12}$/;

export interface Staging extends Disposable {
  /** Where npm runs. It holds a private package.json and nothing of a project. */
  readonly directory: string;
  /** Where downloaded tarballs are put. */
  readonly tarballs: string;
  /** What becomes the installed prefix. */
  readonly prefix: string;
}

/** Makes a place, and removes those of commands that are no more. */
export function openStaging(pluginsDir: string): Staging {
  const all = below(pluginsDir, STAGING);
  try {
    mkdirSync(pluginsDir, { recursive: true, mode: 0o700 });
    // What a link leads to is not swept.
    if (!isDirectoryBelow(pluginsDir, STAGING)) mkdirSync(all, { recursive: true, mode: 0o700 });
    sweep(all);
    const { directory, release } = claimPlace(all);
    const tarballs = join(directory, 'tarballs');
    const prefix = join(directory, 'prefix');
    for (const path of [tarballs, prefix]) mkdirSync(path);
    for (const path of [directory, prefix]) {
      writeFileSync(join(path, 'package.json'), PREFIX_PACKAGE);
    }
    const remove = () => {
      rmSync(directory, { recursive: true, force: true });
      rmSync(lockOf(directory), { force: true });
      release();
    };
    return { directory, tarballs, prefix, [Symbol.dispose]: remove };
  } catch (error) {
    if (error instanceof WaitbusError) throw error;
    throw unwritable(all, error as Error);
  }
}

/** Whoever sees the place finds it held: were it there before its lock, a sweep could come between. */
function claimPlace(all: string) {
  for (;;) {
    const directory = below(all, `add-${randomBytes(6).toString('hex')}`);
    const release = tryLock(lockOf(directory));
    if (release === null) continue;
    mkdirSync(directory, { mode: 0o700 });
    return { directory, release };
  }
}

/** Beside the place, so that it can be held before the place is there. */
function lockOf(directory: string): string {
  return `${directory}.lock`;
}

function sweep(all: string): void {
  for (const entry of readdirSync(all, { withFileTypes: true })) {
    if (!entry.isDirectory() || !PLACE.test(entry.name)) continue;
    const directory = below(all, entry.name);
    const release = tryLock(lockOf(directory));
    if (release === null) continue;
    rmSync(directory, { recursive: true, force: true });
    rmSync(lockOf(directory), { force: true });
    release();
  }
}
