/**
 * Directories, sockets and files that are the user's alone, judged before anything is read from them,
 * written to them or said to them. Owns these rules; who is at the other end of a connection is
 * `peer.ts`. Another user's are never used, root's neither: what waitbus uses, its user has made.
 */
import {
  chmodSync,
  closeSync,
  constants,
  fstatSync,
  lstatSync,
  mkdirSync,
  openSync,
  readSync,
  statSync,
  type Stats,
} from 'node:fs';
import { dirname } from 'node:path';
import { shellWord, WaitbusError } from '@waitbus/plugin-sdk/envelope';

/** The variable that names the directory for what is said at the moment. */
export type Variable = 'WAITBUS_RUNTIME_DIR' | 'WAITBUS_STATE_DIR';

/**
 * Makes a directory that only its owner can enter, and closes one that others could.
 * @throws WaitbusError WAITBUS_SOCKET_PATH when it is another user's; the operating system's error
 *   when it cannot be made
 */
export function ownDirectory(directory: string, variable: Variable): void {
  mkdirSync(directory, { recursive: true, mode: 0o700 });
  const stat = judgedDirectory(directory, ownUid(), variable);
  if (isOpen(stat)) chmodSync(directory, 0o700);
}

/** The same of the socket's directory, where each failure is one of the socket's path. */
export function ownSocketDirectory(directory: string): void {
  try {
    ownDirectory(directory, 'WAITBUS_RUNTIME_DIR');
  } catch (error) {
    if (error instanceof WaitbusError) throw error;
    const { code, message } = error as NodeJS.ErrnoException;
    const remedy = code === 'EEXIST' ? moveAside(directory) : undefined;
    throw refused(`${directory} cannot be created: ${message}`, remedy);
  }
}

/** The user whom all of it is to belong to; -1 where the system knows none. */
export function ownUid(): number {
  return process.getuid?.() ?? -1;
}

/**
 * Judges a socket before a client connects to it.
 * @throws WaitbusError WAITBUS_SOCKET_PATH: it, or its directory, is not the user's alone; the
 *   operating system's error when it is not there
 */
export function checkSocket(path: string): void {
  const uid = ownUid();
  const directory = dirname(path);
  const stat = judgedDirectory(directory, uid, 'WAITBUS_RUNTIME_DIR');
  // Where there is none, an open directory is for the daemon that starts there: it closes it.
  const socket = lstatSync(path);
  if ((stat.mode & 0o022) !== 0) {
    throw refused(
      `others may write in ${directory} (mode ${modeOf(stat)})`,
      `Close it to them: chmod 700 ${shellWord(directory)}`,
    );
  }
  checkSocketItself(path, socket, uid);
  if ((socket.mode & 0o022) !== 0) {
    throw refused(
      `others may connect to ${path} (mode ${modeOf(socket)})`,
      `Close it to them: chmod 600 ${shellWord(path)}`,
    );
  }
}

/** @throws WaitbusError WAITBUS_SOCKET_PATH: something else stands in its place, or it is another's */
export function checkSocketItself(path: string, stat: Stats, uid: number): void {
  if (!stat.isSocket())
    throw refused(`${path} exists and is not a socket; it was left as it is`, moveAside(path));
  if (stat.uid !== uid) throw refused(`${path} ${belongsTo(stat, uid)}`);
}

/**
 * Opens a regular file of the user's own in a directory of waitbus: no link is followed, no other
 * user's file taken, none that has a second name elsewhere, and a pipe does not block.
 * @param flags of `node:fs`'s constants
 */
export function openOwnFile(file: string, flags: number): number {
  const { O_NOFOLLOW, O_NONBLOCK } = constants;
  let fd: number;
  try {
    fd = openSync(file, flags | O_NOFOLLOW | O_NONBLOCK, 0o600);
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    // A pipe that nobody reads has no device behind it.
    if (code === 'ENXIO') throw refused(`${file} is no regular file`, moveAside(file));
    if (code !== 'ELOOP') throw error;
    throw refused(`${file} is a symbolic link; it was not followed`, removeLink(file));
  }
  const stat = fstatSync(fd);
  const uid = ownUid();
  if (stat.isFile() && stat.uid === uid && stat.nlink <= 1) return fd;
  closeSync(fd);
  if (!stat.isFile()) throw refused(`${file} is no regular file`, moveAside(file));
  if (stat.uid !== uid) throw refused(`${file} ${belongsTo(stat, uid)}`, removeFile(file));
  throw refused(`${file} has another name elsewhere`, removeFile(file));
}

/** The text of a small file of the user's own; empty when there is none that may be read. */
export function readOwnFile(file: string, maxBytes = 4096): string {
  try {
    const fd = openOwnFile(file, constants.O_RDONLY);
    try {
      const bytes = Buffer.alloc(maxBytes);
      return bytes.toString('utf8', 0, readSync(fd, bytes));
    } finally {
      closeSync(fd);
    }
  } catch {
    return '';
  }
}

/**
 * A link in the directory's place is followed if the user made it and it leads to what is private
 * already. Anything else would change, or believe, a directory that was not meant for this.
 */
function judgedDirectory(directory: string, uid: number, variable: Variable): Stats {
  const found = lstatSync(directory);
  const isLink = found.isSymbolicLink();
  const stat = isLink ? statSync(directory) : found;
  const remedy = `Point ${variable} to a directory that you own.`;
  if (isLink && (found.uid !== uid || isOpen(stat))) {
    const why = found.uid === uid ? 'others may enter where it leads' : `uid ${found.uid} made it`;
    throw refused(`${directory} is a symbolic link, and ${why}`, remedy);
  }
  if (stat.uid !== uid) throw refused(`${directory} ${belongsTo(stat, uid)}`, remedy);
  return stat;
}

function belongsTo(stat: Stats, uid: number): string {
  return `belongs to uid ${stat.uid}, not to you (${uid})`;
}

function isOpen({ mode }: Stats): boolean {
  return (mode & 0o077) !== 0;
}

function modeOf({ mode }: Stats): string {
  return (mode & 0o7777).toString(8);
}

function moveAside(path: string): string {
  return `Move it away: mv ${shellWord(path)} ${shellWord(`${path}.aside`)}`;
}

function removeFile(file: string): string {
  return `Remove it: rm ${shellWord(file)}`;
}

function removeLink(file: string): string {
  return `Remove the link: rm ${shellWord(file)}`;
}

function refused(message: string, remedy?: string): WaitbusError {
  return new WaitbusError('WAITBUS_SOCKET_PATH', message, remedy);
}
