/**
 * Hands back the pages of the Node binary's code that only the start touched: compiling, reading
 * packages, opening the store. They are clean and backed by the file, so nothing is lost: what is
 * used again is mapped again from the page cache, and what is not no longer counts as resident.
 */
import { readFileSync } from 'node:fs';
import { libcFunction } from './libc.js';

const MADV_DONTNEED = 4;

/**
 * Does nothing where there is no /proc. Only mappings that are executable and not writable: those
 * that the loader relocated hold changes that the file does not.
 */
export function releaseStartupPages(executable: string = process.execPath): void {
  if (process.platform !== 'linux') return;
  const madvise = libcFunction('int madvise(uintptr_t address, size_t length, int advice)');
  for (const line of ownMappings().split('\n')) {
    if (!line.endsWith(executable)) continue;
    const [, start, end] = /^([0-9a-f]+)-([0-9a-f]+) r-xp /.exec(line) ?? [];
    if (start === undefined || end === undefined) continue;
    const address = parseInt(start, 16);
    madvise(address, parseInt(end, 16) - address, MADV_DONTNEED);
  }
}

/** Empty where they cannot be read, for want of a descriptor say: nothing depends on it. */
function ownMappings(): string {
  try {
    return readFileSync('/proc/self/maps', 'utf8');
  } catch {
    return '';
  }
}
