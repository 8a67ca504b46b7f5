/** Lets one process at a time edit harnesses' files. */
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { tryLock } from '@waitbus/kernel/file-lock';
import { ownDirectory } from '@waitbus/kernel/own-places';
import { WaitbusError } from '@waitbus/plugin-sdk/envelope';
import { unwritable } from '../plugins/lock-store.js';

const RETRY_MS = 20;

export async function exclusively<T>(runtimeDir: string, work: () => T): Promise<T> {
  for (;;) {
    const release = take(runtimeDir);
    if (release === null) {
      await pause(RETRY_MS);
      continue;
    }
    try {
      return work();
    } finally {
      release();
    }
  }
}

/** @returns null while another has it */
function take(runtimeDir: string): (() => void) | null {
  try {
    ownDirectory(runtimeDir, 'WAITBUS_RUNTIME_DIR');
    return tryLock(join(runtimeDir, 'installs.lock'));
  } catch (error) {
    if (error instanceof WaitbusError) throw error;
    throw unwritable(runtimeDir, error as Error);
  }
}
