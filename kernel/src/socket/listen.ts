/**
 * The listening socket: its directory, its path, its place among daemons, and who may connect.
 * Owns the file system side; connections are handed on once their peer is known to be the user.
 */
import {
  chmodSync,
  lstatSync,
  mkdirSync,
  renameSync,
  statSync,
  unlinkSync,
  type Stats,
} from 'node:fs';
import { connect, createServer, type Socket } from 'node:net';
import { dirname, join } from 'node:path';
import { shellWord, WaitbusError } from '@waitbus/plugin-sdk/envelope';
import { openFileLimit } from '../os/open-files.js';
import { peerOf, type Peer } from '../os/peer.js';

/** sun_path less its final NUL: unix(7), and sys/un.h on macOS. */
const MAX_PATH_BYTES = process.platform === 'linux' ? 107 : 103;
/** Takes a burst of connects; the operating system caps it (net.core.somaxconn). */
const BACKLOG = 4096;
/** Bytes that may wait in the process for a reader before its subscription falls back. */
const WRITE_BUFFER_BYTES = 64 * 1024;
/** Descriptors that connections leave to sources' pipes and to files. */
const RESERVED_DESCRIPTORS = 24;

export interface ListenOptions {
  readonly path: string;
  readonly uid: number;
  /** @param scarce descriptors are running out: this one is to be told so and ended */
  readonly onConnection: (socket: Socket, peer: Peer, scarce: boolean) => void;
  /** Whether this process of the user's own may not connect. */
  readonly isBarred: (pid: number) => boolean;
  readonly onRefusedPeer: (peer: Peer) => void;
  readonly onError: (error: Error) => void;
}

export interface Listening {
  /** Accepts no more, and removes the socket if it is still the one that was made. */
  close(): void;
}

/**
 * The socket is made under this name and renamed into place: it is never seen with another mode
 * than its own, and Node, which removes at the end what it bound, removes nothing of anybody's.
 */
const UNFINISHED = '.s';

/**
 * Listens. The caller holds the daemon's lock, so a socket that nobody answers on is stale.
 * @throws WaitbusError WAITBUS_SOCKET_PATH or WAITBUS_ALREADY_RUNNING
 */
export async function listen(options: ListenOptions): Promise<Listening> {
  const { path, uid } = options;
  prepareDirectory(dirname(path), uid);
  if (Buffer.byteLength(path) > MAX_PATH_BYTES) {
    throw socketPath(
      `${path} is longer than the ${MAX_PATH_BYTES} bytes that a socket path may have`,
    );
  }
  const unfinished = join(dirname(path), UNFINISHED);
  for (const each of [unfinished, path]) await removeStale(each, uid);
  const server = createServer(
    { highWaterMark: WRITE_BUFFER_BYTES, allowHalfOpen: true },
    (socket) => {
      const fd = descriptorOf(socket);
      const peer = whoIs(fd);
      // The system gives out the lowest number that is free.
      const scarce = fd >= openFileLimit() - RESERVED_DESCRIPTORS;
      if (peer.uid === uid && (peer.pid === null || !options.isBarred(peer.pid))) {
        options.onConnection(socket, peer, scarce);
      } else {
        socket.destroy();
        options.onRefusedPeer(peer);
      }
    },
  );
  await new Promise<void>((resolve, reject) => {
    server.once('error', (error) => reject(socketPath(`${path}: ${error.message}`)));
    server.listen({ path: unfinished, backlog: BACKLOG }, resolve);
  });
  server.removeAllListeners('error');
  server.on('error', options.onError);
  chmodSync(unfinished, 0o600);
  const { ino } = lstatSync(unfinished);
  renameSync(unfinished, path);
  return {
    close: () => {
      server.close();
      if (lstatSync(path, { throwIfNoEntry: false })?.ino === ino) unlinkSync(path);
    },
  };
}

/** Makes a directory that only its owner can enter. */
export function prepareDirectory(directory: string, uid: number): void {
  try {
    mkdirSync(directory, { recursive: true, mode: 0o700 });
  } catch (error) {
    const { code, message } = error as NodeJS.ErrnoException;
    const remedy = code === 'EEXIST' ? moveAside(directory) : undefined;
    throw socketPath(`${directory} cannot be created: ${message}`, remedy);
  }
  const stat = refuseLink(directory, uid) ?? statSync(directory);
  if (stat.uid !== uid)
    throw socketPath(`${directory} belongs to uid ${stat.uid}, not to you (${uid})`);
  if (isOpen(stat)) chmodSync(directory, 0o700);
}

/**
 * A link in the directory's place is followed if the user made it and it leads to what is private
 * already. Anything else would change a directory that was not meant for this.
 * @returns what the link leads to; null when there is none
 */
function refuseLink(directory: string, uid: number): Stats | null {
  const link = lstatSync(directory);
  if (!link.isSymbolicLink()) return null;
  const target = statSync(directory);
  if (link.uid === uid && !isOpen(target)) return target;
  throw socketPath(
    `${directory} is a symbolic link, and ${link.uid === uid ? 'others may enter where it leads' : `uid ${link.uid} made it`}`,
  );
}

function isOpen({ mode }: Stats): boolean {
  return (mode & 0o077) !== 0;
}

/** The accepted handle's; Node has no public name for it. */
function descriptorOf(socket: Socket): number {
  return (socket as unknown as { _handle: { fd: number } })._handle.fd;
}

function whoIs(fd: number): Peer {
  try {
    return peerOf(fd);
  } catch {
    return { uid: -1, pid: null };
  }
}

async function removeStale(path: string, uid: number): Promise<void> {
  const stat = lstatSync(path, { throwIfNoEntry: false });
  if (stat === undefined) return;
  if (!stat.isSocket())
    throw socketPath(`${path} exists and is not a socket; it was left as it is`, moveAside(path));
  if (stat.uid !== uid) throw socketPath(`${path} belongs to uid ${stat.uid}, not to you (${uid})`);
  if (await answers(path)) {
    throw new WaitbusError('WAITBUS_ALREADY_RUNNING', `a daemon answers on ${path}`);
  }
  unlinkSync(path);
}

function answers(path: string): Promise<boolean> {
  return new Promise((resolve) => {
    const probe = connect(path);
    probe.once('connect', () => {
      probe.destroy();
      resolve(true);
    });
    // EAGAIN: its backlog is full, so somebody listens.
    probe.once('error', (error: NodeJS.ErrnoException) => resolve(error.code === 'EAGAIN'));
  });
}

function moveAside(path: string): string {
  return `Move it away: mv ${shellWord(path)} ${shellWord(`${path}.aside`)}`;
}

function socketPath(message: string, remedy?: string): WaitbusError {
  return new WaitbusError('WAITBUS_SOCKET_PATH', message, remedy);
}
