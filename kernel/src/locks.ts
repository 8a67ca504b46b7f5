/** The locks of a daemon: one on its runtime directory and one on that of its store. */
import { accessSync, constants, mkdirSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { WaitbusError } from '@waitbus/plugin-sdk/envelope';
import { tryLock } from './os/file-lock.js';
import { ownDirectory, ownSocketDirectory } from './os/own-places.js';
import { explainStoreError } from './store/explain.js';

interface KernelPaths {
  readonly store: string;
  readonly socket: string;
}

/** One daemon a runtime directory and one a store, whoever is first; freed however it ends. */
export function takeLocks(paths: KernelPaths): () => void {
  const state = dirname(paths.store);
  ownSocketDirectory(dirname(paths.socket));
  const releases: (() => void)[] = [];
  const release = () => {
    for (const undo of releases) undo();
  };
  let at = state;
  try {
    mkdirSync(state, { recursive: true, mode: 0o700 });
    // What cannot be written is of no use, whosever it is.
    accessSync(state, constants.W_OK);
    ownDirectory(state, 'WAITBUS_STATE_DIR');
    for (const directory of directoriesOf(paths)) {
      at = directory;
      // For a client that looks for the socket elsewhere.
      const lock = tryLock(lockOf(directory), directory === state ? paths.socket : '');
      if (lock === null) {
        throw new WaitbusError('WAITBUS_ALREADY_RUNNING', `another daemon serves ${directory}`);
      }
      releases.push(lock);
    }
  } catch (error) {
    release();
    throw explainStoreError(error, at);
  }
  return release;
}

export function directoriesOf(paths: KernelPaths): readonly string[] {
  return [...new Set([dirname(paths.socket), dirname(paths.store)])];
}

export function lockOf(directory: string): string {
  return join(directory, 'daemon.lock');
}
