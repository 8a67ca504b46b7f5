/**
 * daemon.log: how large it may grow. What came before is kept once, as `daemon.log.1`. A start renames
 * it; while the daemon runs its descriptor is in use, so it is copied and emptied.
 */
import {
  constants,
  copyFileSync,
  fstatSync,
  ftruncateSync,
  lstatSync,
  renameSync,
  rmSync,
} from 'node:fs';

export const LOG_LIMIT_BYTES = 5 * 1024 * 1024;

/** Before it is opened: one that is too large makes room. */
export function rotateClosed(path: string): void {
  const size = lstatSync(path, { throwIfNoEntry: false })?.size ?? 0;
  if (size > LOG_LIMIT_BYTES) renameSync(path, previous(path));
}

export class LogFile {
  readonly #path: string;
  readonly #fd: number;
  readonly #limit: number;
  #size: number;

  /** @param fd where the log goes; only if that is the file of this path, opened to append, it is cut */
  constructor(path: string, fd: number, limit = LOG_LIMIT_BYTES) {
    this.#path = path;
    this.#fd = fd;
    this.#limit = limit;
    this.#size = sizeOf(fd);
  }

  /** Called before a text is written. */
  grows(text: string): void {
    const bytes = Buffer.byteLength(text);
    if (this.#size > 0 && this.#size + bytes > this.#limit) {
      // If it cannot be done now, then after as much again.
      this.#size = 0;
      this.#rotate();
    }
    this.#size += bytes;
  }

  #rotate(): void {
    try {
      const own = fstatSync(this.#fd);
      const named = lstatSync(this.#path);
      if (!own.isFile() || own.ino !== named.ino || own.dev !== named.dev) return;
      // A link in its place is removed, not followed.
      rmSync(previous(this.#path), { force: true });
      copyFileSync(this.#path, previous(this.#path), constants.COPYFILE_EXCL);
      ftruncateSync(this.#fd, 0);
    } catch {
      // Without room for the copy the log goes on growing: nothing of it is lost.
    }
  }
}

function sizeOf(fd: number): number {
  try {
    return fstatSync(fd).size;
  } catch {
    // Whoever started the daemon may have closed it.
    return 0;
  }
}

function previous(path: string): string {
  return `${path}.1`;
}
