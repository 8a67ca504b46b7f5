/**
 * An exclusive lock on a file, held until the process ends however it ends (flock(2)). This, and
 * not the presence of a file or a pid in it, decides which daemon serves.
 */
import { closeSync, openSync } from 'node:fs';
import { errno, EWOULDBLOCK, libcFunction } from './libc.js';

const LOCK_EX = 2;
const LOCK_NB = 4;
const flock = libcFunction('int flock(int fd, int operation)');

/**
 * Takes the lock, without waiting.
 * @returns a function that releases it, or null when another process holds it
 */
export function tryLock(file: string): (() => void) | null {
  const fd = openSync(file, 'a', 0o600);
  if (flock(fd, LOCK_EX | LOCK_NB) === 0) return () => closeSync(fd);
  const cause = errno();
  closeSync(fd);
  if (cause === EWOULDBLOCK) return null;
  throw new Error(`flock ${file}: errno ${cause}`);
}
