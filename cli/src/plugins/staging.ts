/**
 * A place where a package is put together before anybody can see it, held by a lock that ends with
 * its process: what a killed command left is found and removed by the next one.
 */
import { mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { tryLock } from '@waitbus/kernel/file-lock';
import { STAGING } from './layout.js';
import { unwritable } from './lock-store.js';

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
  const all = join(pluginsDir, STAGING);
  try {
    mkdirSync(all, { recursive: true, mode: 0o700 });
    sweep(all);
    const directory = mkdtempSync(join(all, 'add-'));
    const release = tryLock(lockOf(directory)) ?? (() => undefined);
    const tarballs = join(directory, 'tarballs');
    const prefix = join(directory, 'prefix');
    for (const path of [tarballs, prefix]) mkdirSync(path);
    const own = { name: 'waitbus-staging', version: '0.0.0', private: true };
    for (const path of [directory, prefix]) {
      writeFileSync(join(path, 'package.json'), `${JSON.stringify(own, null, 2)}\n`);
    }
    const remove = () => {
      rmSync(directory, { recursive: true, force: true });
      rmSync(lockOf(directory), { force: true });
      release();
    };
    return { directory, tarballs, prefix, [Symbol.dispose]: remove };
  } catch (error) {
    throw unwritable(all, error as Error);
  }
}

/** Beside the place, so that it can be held before the place is looked at. */
function lockOf(directory: string): string {
  return `${directory}.lock`;
}

function sweep(all: string): void {
  for (const entry of readdirSync(all, { withFileTypes: true })) {
    if (!entry.isDirectory()) continue;
    const directory = join(all, entry.name);
    const release = tryLock(lockOf(directory));
    if (release === null) continue;
    rmSync(directory, { recursive: true, force: true });
    rmSync(lockOf(directory), { force: true });
    release();
  }
}
