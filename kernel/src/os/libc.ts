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

export const EWOULDBLOCK = process.platform === 'darwin' ? 35 : 11;
