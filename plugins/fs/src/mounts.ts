/**
 * What is mounted, and word of each change: the kernel reports none of them to inotify. Reads
 * /proc/self/mountinfo, which is polled for an exceptional condition (proc(5)); the binding's poll
 * knows none, so an epoll descriptor stands between, which is readable when the condition is there.
 */
import { closeSync, openSync, readFileSync } from 'node:fs';
import koffi from 'koffi';

export interface Mounts {
  close(): void;
}

const MOUNTINFO = '/proc/self/mountinfo';
const EPOLL_CLOEXEC = 0o2000000;
const EPOLL_CTL_ADD = 1;
const EPOLLPRI = 2;

/**
 * @param changed called with the places at which something was mounted or unmounted
 * @returns null where the system does not tell
 */
export function watchMounts(changed: (points: readonly string[]) => void): Mounts | null {
  const libc = koffi.load(null);
  const create = libc.func('int epoll_create1(int flags)') as (flags: number) => number;
  const control = libc.func('int epoll_ctl(int epfd, int op, int fd, void *event)') as (
    epoll: number,
    operation: number,
    fd: number,
    event: Buffer,
  ) => number;
  const wait = libc.func('int epoll_wait(int epfd, void *events, int max, int timeout)') as (
    epoll: number,
    events: Buffer,
    most: number,
    timeout: number,
  ) => number;

  let file: number;
  try {
    file = openSync(MOUNTINFO, 'r');
  } catch {
    return null;
  }
  const epoll = create(EPOLL_CLOEXEC);
  // struct epoll_event: 12 bytes where it is packed, 16 elsewhere; `events` comes first.
  const event = Buffer.alloc(16);
  event.writeUInt32LE(EPOLLPRI, 0);
  if (epoll < 0 || control(epoll, EPOLL_CTL_ADD, file, event) !== 0) {
    if (epoll >= 0) closeSync(epoll);
    closeSync(file);
    return null;
  }
  let known = readMounts();
  let open = true;
  const look = () => {
    if (!open) return;
    wait(epoll, Buffer.alloc(16), 1, 0);
    const now = readMounts();
    const points = differences(known, now);
    known = now;
    if (points.length > 0) changed(points);
  };
  const poll = koffi.node.poll(epoll, { readable: true }, look);
  // The loop begins to poll in its next turn, and is not told of what came before.
  setImmediate(() => setImmediate(look));
  return {
    close() {
      if (!open) return;
      open = false;
      poll.close();
      closeSync(epoll);
      closeSync(file);
    },
  };
}

/** What stands at each mount point: the mounts there, by their ids. */
export function parseMounts(text: string): ReadonlyMap<string, string> {
  const mounts = new Map<string, string>();
  for (const line of text.split('\n')) {
    const [id, , device, root, point] = line.split(' ');
    if (point === undefined) continue;
    const path = point.replace(/\\(\d{3})/g, (_, octal: string) =>
      String.fromCharCode(Number.parseInt(octal, 8)),
    );
    mounts.set(path, `${mounts.get(path) ?? ''} ${id}:${device}:${root}`);
  }
  return mounts;
}

export function readMounts(): ReadonlyMap<string, string> {
  try {
    return parseMounts(readFileSync(MOUNTINFO, 'utf8'));
  } catch {
    return new Map();
  }
}

/** The points at which something else is mounted now. */
export function differences(
  before: ReadonlyMap<string, string>,
  now: ReadonlyMap<string, string>,
): readonly string[] {
  const points = new Set([...before.keys(), ...now.keys()]);
  return [...points].filter((point) => before.get(point) !== now.get(point));
}
