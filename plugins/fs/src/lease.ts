/**
 * Asks the kernel whether somebody has a file open for writing, by taking a read lease (fcntl(2),
 * F_SETLEASE) and giving it back at once. Decides nothing about what that means.
 */
import { closeSync, constants, openSync } from 'node:fs';
import koffi from 'koffi';
import { systemPath } from './file-name.js';

/**
 * `free`: nobody writes. `busy`: somebody does. `gone`: no such file. `unknown`: no lease can be
 * had, because the file belongs to somebody else or its file system knows none.
 */
export type WriterState = 'free' | 'busy' | 'gone' | 'unknown';

export interface Lease {
  /** `path` must be a regular file. */
  writerOf(path: string): WriterState;
  close(): void;
}

const F_SETLEASE = 1024;
const F_RDLCK = 0;
const F_UNLCK = 2;
// Without O_NONBLOCK a FIFO that took the file's place would block the event loop.
const FLAGS = constants.O_RDONLY | constants.O_NONBLOCK | constants.O_NOFOLLOW | constants.O_NOCTTY;

export function openLease(): Lease {
  const libc = koffi.load(null);
  const fcntl = libc.func('int fcntl(int fd, int cmd, ...)') as (
    fd: number,
    command: number,
    type: 'int',
    argument: number,
  ) => number;
  const { EAGAIN } = koffi.os.errno;
  // A writer that opens the file within the microseconds of the lease makes the kernel send SIGIO,
  // whose default action ends the process.
  process.on('SIGIO', ignoreSignal);
  return {
    writerOf(path) {
      let fd: number;
      try {
        fd = openSync(systemPath(path), FLAGS);
      } catch (error) {
        const { code } = error as NodeJS.ErrnoException;
        return code === 'ENOENT' || code === 'ENOTDIR' ? 'gone' : 'unknown';
      }
      try {
        if (fcntl(fd, F_SETLEASE, 'int', F_RDLCK) === 0) {
          fcntl(fd, F_SETLEASE, 'int', F_UNLCK);
          return 'free';
        }
        return koffi.errno() === EAGAIN ? 'busy' : 'unknown';
      } finally {
        closeSync(fd);
      }
    },
    close() {
      process.off('SIGIO', ignoreSignal);
    },
  };
}

function ignoreSignal(): void {
  // Receiving it is all that is needed.
}
