/**
 * The binding to inotify: one descriptor, its watches, and the records that are ready on it. Knows
 * nothing of trees or files. The descriptor is non-blocking and sits in the event loop's own poll,
 * so that no thread is ever blocked in a read (which would keep the process from exiting).
 */
import { closeSync, readFileSync, readSync } from 'node:fs';
import koffi from 'koffi';
import { decode, IN, type InotifyRecord } from './decode.js';
import { WatchFailure } from './engine.js';
import { systemPath } from './file-name.js';

/** Why a path has no watch: no directory is there, or it is one that must not be read. */
export type NoWatch = 'gone' | 'denied';

export interface Inotify {
  /**
   * Watches an inode; the same inode gives the same descriptor and takes the new mask.
   * @throws WatchFailure at the limit of watches
   */
  add(path: string, mask: number): number | NoWatch;
  /** Ends a watch; one that has ended already is no error. */
  remove(wd: number): void;
  /** Reads what is queued. `complete`: the queue was empty when this returned. */
  drain(): { readonly records: readonly InotifyRecord[]; readonly complete: boolean };
  /** Whether `readable` is called; while it is not, the kernel's queue fills and may overflow. */
  listen(wanted: boolean): void;
  close(): void;
}

const WATCHED =
  IN.MODIFY |
  IN.CLOSE_WRITE |
  IN.MOVED_FROM |
  IN.MOVED_TO |
  IN.CREATE |
  IN.DELETE |
  IN.DELETE_SELF |
  IN.MOVE_SELF;

/** For a directory whose files are observed. */
export const DIRECTORY_MASK = WATCHED | IN.ONLYDIR | IN.EXCL_UNLINK | IN.DONT_FOLLOW;

const CLOEXEC_NONBLOCK = 0o2004000;
const BUFFER_BYTES = 256 * 1024;
/** Bounds one drain; the kernel's queue holds about a megabyte by default. */
const MAX_READS = 16;

/**
 * Opens an inotify instance.
 * @param readable called whenever records are queued
 * @throws WatchFailure at the limit of instances
 */
export function openInotify(readable: () => void): Inotify {
  const libc = koffi.load(null);
  const init = libc.func('int inotify_init1(int flags)') as (flags: number) => number;
  const addWatch = libc.func('int inotify_add_watch(int fd, const char *path, uint32_t mask)') as (
    fd: number,
    path: string | Buffer,
    mask: number,
  ) => number;
  const rmWatch = libc.func('int inotify_rm_watch(int fd, int wd)') as (
    fd: number,
    wd: number,
  ) => number;

  const fd = init(CLOEXEC_NONBLOCK);
  if (fd < 0) throw initFailure(codeOf(koffi.errno()));
  const poll = koffi.node.poll(fd, { readable: true }, readable);
  const buffer = Buffer.allocUnsafe(BUFFER_BYTES);
  let open = true;
  let listening = true;

  return {
    add(path, mask) {
      const wd = addWatch(fd, cPath(path), mask);
      if (wd >= 0) return wd;
      const code = codeOf(koffi.errno());
      if (code === 'ENOSPC' || code === 'ENOMEM') throw watchFailure(code, path);
      return code === 'ENOENT' || code === 'ENOTDIR' ? 'gone' : 'denied';
    },
    remove(wd) {
      rmWatch(fd, wd);
    },
    drain() {
      const records: InotifyRecord[] = [];
      for (let reads = 0; open && reads < MAX_READS; reads += 1) {
        const length = readReady(fd, buffer);
        if (length === 0) return { records, complete: true };
        for (const record of decode(buffer, length)) records.push(record);
      }
      return { records, complete: !open };
    },
    listen(wanted) {
      if (!open || wanted === listening) return;
      listening = wanted;
      if (wanted) poll.start({ readable: true }, readable);
      else poll.stop();
    },
    close() {
      if (!open) return;
      open = false;
      poll.close();
      closeSync(fd);
    },
  };
}

/** Bytes end with a NUL, as C wants them; of a text the binding sees to it. */
function cPath(path: string): string | Buffer {
  const known = systemPath(path);
  return typeof known === 'string' ? known : Buffer.concat([known, Buffer.of(0)]);
}

function readReady(fd: number, buffer: Buffer): number {
  try {
    return readSync(fd, buffer);
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code === 'EAGAIN' || code === 'EINTR') return 0;
    throw error;
  }
}

function codeOf(errno: number): string {
  for (const [code, value] of Object.entries(koffi.os.errno)) if (value === errno) return code;
  return `errno ${errno}`;
}

export function watchFailure(code: string, path: string): WatchFailure {
  const limit = readNumber('/proc/sys/fs/inotify/max_user_watches');
  return new WatchFailure(
    code,
    `${path} cannot be watched: the limit of inotify watches is reached (${code})`,
    `sudo sysctl fs.inotify.max_user_watches=${Math.max(524_288, limit * 2)}`,
  );
}

export function initFailure(code: string): WatchFailure {
  const limit = readNumber('/proc/sys/fs/inotify/max_user_instances');
  const [what, remedy] =
    code === 'EMFILE' || code === 'ENFILE'
      ? [
          'the limit of inotify instances is reached',
          `sudo sysctl fs.inotify.max_user_instances=${Math.max(512, limit * 2)}`,
        ]
      : ['the system gives no inotify instance', 'set WAITBUS_FS_ENGINE=portable'];
  return new WatchFailure(code, `files cannot be watched: ${what} (${code})`, remedy);
}

/** 0 when it cannot be read. */
function readNumber(file: string): number {
  try {
    return Number(readFileSync(file, 'utf8')) || 0;
  } catch {
    return 0;
  }
}
