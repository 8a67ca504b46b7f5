/**
 * The listening socket: its directory, its path, its place among daemons, and who may connect.
 * Owns the file system side; connections are handed on once their peer is known to be the user.
 */
import { chmodSync, lstatSync, mkdirSync, statSync, unlinkSync } from 'node:fs';
import { connect, createServer, type Server, type Socket } from 'node:net';
import { dirname } from 'node:path';
import { WaitbusError } from '@waitbus/plugin-sdk/envelope';
import { peerUid } from '../os/peer-uid.js';

/** sun_path less its final NUL: unix(7), and sys/un.h on macOS. */
const MAX_PATH_BYTES = process.platform === 'linux' ? 107 : 103;
/** Takes a burst of connects; the operating system caps it (net.core.somaxconn). */
const BACKLOG = 4096;
/** Bytes that may wait in the process for a reader before its subscription falls back. */
const WRITE_BUFFER_BYTES = 64 * 1024;

export interface ListenOptions {
  readonly path: string;
  readonly uid: number;
  readonly onConnection: (socket: Socket) => void;
  readonly onRefusedPeer: (uid: number) => void;
  readonly onError: (error: Error) => void;
}

/**
 * Listens. The caller holds the daemon's lock, so a socket that nobody answers on is stale.
 * @throws WaitbusError WAITBUS_SOCKET_PATH or WAITBUS_ALREADY_RUNNING
 */
export async function listen(options: ListenOptions): Promise<Server> {
  const { path, uid } = options;
  prepareDirectory(dirname(path), uid);
  if (Buffer.byteLength(path) > MAX_PATH_BYTES) {
    throw socketPath(
      `${path} is longer than the ${MAX_PATH_BYTES} bytes that a socket path may have`,
    );
  }
  await replaceStale(path, uid);
  const server = createServer(
    { highWaterMark: WRITE_BUFFER_BYTES, allowHalfOpen: true },
    (socket) => {
      const peer = uidOf(socket);
      if (peer === uid) options.onConnection(socket);
      else {
        socket.destroy();
        options.onRefusedPeer(peer);
      }
    },
  );
  await new Promise<void>((resolve, reject) => {
    server.once('error', (error) => reject(socketPath(`${path}: ${error.message}`)));
    server.listen({ path, backlog: BACKLOG }, resolve);
  });
  server.removeAllListeners('error');
  server.on('error', options.onError);
  chmodSync(path, 0o600);
  return server;
}

/** Makes a directory that only its owner can enter. */
export function prepareDirectory(directory: string, uid: number): void {
  try {
    mkdirSync(directory, { recursive: true, mode: 0o700 });
  } catch (error) {
    throw socketPath(`${directory} cannot be created: ${(error as Error).message}`);
  }
  const stat = statSync(directory);
  if (!stat.isDirectory()) throw socketPath(`${directory} is not a directory`);
  if (stat.uid !== uid)
    throw socketPath(`${directory} belongs to uid ${stat.uid}, not to you (${uid})`);
  if ((stat.mode & 0o077) !== 0) chmodSync(directory, 0o700);
}

function uidOf(socket: Socket): number {
  // The accepted handle's descriptor; Node has no public name for it.
  const { fd } = (socket as unknown as { _handle: { fd: number } })._handle;
  try {
    return peerUid(fd);
  } catch {
    return -1;
  }
}

async function replaceStale(path: string, uid: number): Promise<void> {
  const stat = lstatSync(path, { throwIfNoEntry: false });
  if (stat === undefined) return;
  if (!stat.isSocket())
    throw socketPath(`${path} exists and is not a socket; it was left as it is`);
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

function socketPath(message: string): WaitbusError {
  return new WaitbusError('WAITBUS_SOCKET_PATH', message);
}
