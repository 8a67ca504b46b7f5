/**
 * The few C library calls that Node does not offer, reached through koffi without compiling
 * anything. Linux and macOS.
 */
import koffi from 'koffi';

const libc = koffi.load(process.platform === 'darwin' ? 'libSystem.B.dylib' : 'libc.so.6');

type Call = (...args: unknown[]) => number;

export function libcFunction(prototype: string): Call {
  return libc.func(prototype);
}

/** The errno of the call just made on this thread. */
export function errno(): number {
  return koffi.errno();
}

/** That a call just failed on this thread, with the errno as Node's own errors have it: negative. */
export function callFailed(call: string): NodeJS.ErrnoException {
  const cause = errno();
  return Object.assign(new Error(`${call}: errno ${cause}`), { errno: -cause });
}

export const EWOULDBLOCK = process.platform === 'darwin' ? 35 : 11;
