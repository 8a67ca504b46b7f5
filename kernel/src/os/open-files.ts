/** How many files the process may have open: RLIMIT_NOFILE, getrlimit(2). */
import { libcFunction } from './libc.js';

const RLIMIT_NOFILE = process.platform === 'darwin' ? 8 : 7;
/** struct rlimit: the soft and the hard limit, 8 bytes each. */
const RLIMIT_BYTES = 16;

const getrlimit = libcFunction('int getrlimit(int resource, void *limits)');

/** The limit now in force; Infinity when there is none or it cannot be had. */
export function openFileLimit(): number {
  const limits = Buffer.alloc(RLIMIT_BYTES);
  if (getrlimit(RLIMIT_NOFILE, limits) !== 0) return Infinity;
  return Number(limits.readBigUInt64LE(0));
}
