/**
 * The listening socket: its directory, its path, its place among daemons, and who may connect.
 * Owns the file system side; connections are handed on once their peer is known to be the user.
 */
import { chmodSync, lstatSync, renameSync, unlinkSync } from 'node:fs';
import { connect, createServer, type Socket } from 'node:net';
import { dirname, join } from 'node:path';
import { WaitbusError } from '@waitbus/plugin-sdk/envelope';
import { openFileLimit } from '../os/open-files.js';
import { checkSocketItself, ownSocketDirectory } from '../os/own-places.js';
import { descriptorOf, peerOf, type Peer } from '../os/peer.js';

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
  ownSocketDirectory(dirname(path));
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
  checkSocketItself(path, stat, uid);
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

function socketPath(message: string): WaitbusError {
  return new WaitbusError('WAITBUS_SOCKET_PATH', message);
}
