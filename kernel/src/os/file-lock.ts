/**
 * An exclusive lock on a file, held until the process ends however it ends (flock(2)). This, and
 * not the presence of a file or a pid in it, decides which daemon serves.
 */
import { closeSync, constants, ftruncateSync, writeSync } from 'node:fs';
import { errno, EWOULDBLOCK, libcFunction } from './libc.js';
import { openOwnFile } from './own-places.js';

const LOCK_EX = 2;
const LOCK_NB = 4;
const flock = libcFunction('int flock(int fd, int operation)');

const { O_CREAT, O_WRONLY } = constants;

/**
 * Takes the lock, without waiting.
 * @param text what the holder leaves in the file for others to read
 * @returns a function that releases it, or null when another process holds it
 */
export function tryLock(file: string, text = ''): (() => void) | null {
  const fd = openOwnFile(file, O_CREAT | O_WRONLY);
  try {
    if (flock(fd, LOCK_EX | LOCK_NB) === 0) {
      ftruncateSync(fd);
      writeSync(fd, text);
      return () => closeSync(fd);
    }
    const cause = errno();
    if (cause !== EWOULDBLOCK) throw new Error(`flock ${file}: errno ${cause}`);
  } catch (error) {
    closeSync(fd);
    throw error;
  }
  closeSync(fd);
  return null;
}
