/**
 * Who is at the other end of an AF_UNIX connection, accepted or made, by the operating system's word:
 * SO_PEERCRED on Linux (unix(7)), getpeereid on macOS (getpeereid(3)).
 */
import type { Socket } from 'node:net';
import { errno, libcFunction } from './libc.js';

export interface Peer {
  /** The effective uid that it had when it connected or, of who listens, when it began to. */
  readonly uid: number;
  /** The process that connected; null where the system does not tell. */
  readonly pid: number | null;
}

const SOL_SOCKET = 1;
const SO_PEERCRED = 17;
/** struct ucred: pid, uid and gid, 4 bytes each. */
const UCRED_BYTES = 12;

/** The descriptor of an open connection; Node has no public name for it. */
export function descriptorOf(socket: Socket): number {
  return (socket as unknown as { _handle: { fd: number } })._handle.fd;
}

/** @param fd the connection's descriptor */
export const peerOf: (fd: number) => Peer =
  process.platform === 'darwin' ? byGetpeereid() : byPeerCredentials();

function byPeerCredentials(): (fd: number) => Peer {
  const getsockopt = libcFunction(
    'int getsockopt(int fd, int level, int option, void *value, uint32_t *length)',
  );
  return (fd) => {
    const value = Buffer.alloc(UCRED_BYTES);
    const length = Buffer.alloc(4);
    length.writeUInt32LE(UCRED_BYTES);
    if (getsockopt(fd, SOL_SOCKET, SO_PEERCRED, value, length) !== 0) {
      throw new Error(`getsockopt(SO_PEERCRED): errno ${errno()}`);
    }
    // A process of a pid namespace that this one does not see has the pid 0.
    return { uid: value.readUInt32LE(4), pid: value.readInt32LE(0) || null };
  };
}

function byGetpeereid(): (fd: number) => Peer {
  const getpeereid = libcFunction('int getpeereid(int fd, uint32_t *uid, uint32_t *gid)');
  return (fd) => {
    const uid = Buffer.alloc(4);
    const gid = Buffer.alloc(4);
    if (getpeereid(fd, uid, gid) !== 0) throw new Error(`getpeereid: errno ${errno()}`);
    return { uid: uid.readUInt32LE(0), pid: null };
  };
}
