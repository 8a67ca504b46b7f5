/**
 * A package's tarball: its sha512, and its files laid into a directory. Takes regular files and
 * directories only, from paths that stay within the package, and gives each one of two modes. What
 * unpacks to more than the cap is left at the cap, wherever in the archive its bytes lie.
 */
import { createHash } from 'node:crypto';
import { createReadStream, mkdirSync, readFileSync, statSync } from 'node:fs';
import { Writable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { createGunzip } from 'node:zlib';
import { WaitbusError } from '@waitbus/plugin-sdk/envelope';
import { extract, Parser, type ReadEntry } from 'tar';

const MAX_BYTES = 512 * 1024 * 1024;
const MAX_FILES = 100_000;

/** What may still be unpacked. */
export interface Room {
  readonly bytes: number;
  readonly files: number;
}

/** What one prefix may hold, all its packages together. */
export const WHOLE_ROOM: Room = { bytes: MAX_BYTES, files: MAX_FILES };

/** In the form of npm: `sha512-` and base64. */
export function integrityOf(tarball: string): string {
  return `sha512-${createHash('sha512').update(readFileSync(tarball)).digest('base64')}`;
}

/**
 * @param directory is made; it must not hold anything
 * @returns what is left of the room
 * @throws WaitbusError WAITBUS_INSTALL_REFUSED; then nothing was written
 */
export async function unpack(tarball: string, directory: string, room: Room): Promise<Room> {
  const left = await unpackable(tarball, room);
  mkdirSync(directory, { recursive: true });
  await extract({
    file: tarball,
    cwd: directory,
    // npm packs everything below one directory, which need not be called `package`.
    strip: 1,
    strict: true,
    preserveOwner: false,
    noMtime: true,
    noChmod: true,
    umask: 0o022,
    filter: (_, entry) => {
      if (!('type' in entry) || !isFile(entry.type)) return false;
      // No setuid, no group, no others that write: only whether it is a program.
      entry.mode = ((entry.mode ?? 0) & 0o100) === 0 ? 0o644 : 0o755;
      return true;
    },
  });
  return left;
}

/**
 * @returns what is left of the room
 * @throws WaitbusError WAITBUS_INSTALL_REFUSED for a tarball that is never unpacked
 */
export async function unpackable(tarball: string, room: Room = WHOLE_ROOM): Promise<Room> {
  const problem = packedProblem(tarball);
  if (problem !== null) throw refusal(tarball, problem);
  const look = new Look(room);
  try {
    await pipeline(createReadStream(tarball), createGunzip(), look.sink());
  } catch (error) {
    look.refuse(`it is no tarball: ${(error as Error).message}`);
  }
  if (look.problem === null && look.files === 0) look.refuse('it holds nothing');
  if (look.problem !== null) throw refusal(tarball, look.problem);
  return { bytes: room.bytes - look.bytes, files: room.files - look.files };
}

/** Before it is opened: a pipe would be waited for. */
function packedProblem(tarball: string): string | null {
  const stat = statSync(tarball);
  if (!stat.isFile()) return 'it is no regular file';
  return stat.size > MAX_BYTES ? `it has ${stat.size} bytes, at most ${MAX_BYTES} are read` : null;
}

/** Goes through an archive without writing, and ends with the first thing that is refused. */
class Look {
  bytes = 0;
  files = 0;
  problem: string | null = null;
  readonly #room: Room;

  constructor(room: Room) {
    this.#room = room;
  }

  refuse(problem: string): void {
    this.problem ??= problem;
  }

  /** Counts what comes out of the compression, headers and all, before the archive's own words. */
  sink(): Writable {
    const parser = new Parser({ strict: true });
    parser.on('entry', (entry: ReadEntry) => {
      this.#see(entry.path, entry.type);
      entry.resume();
    });
    parser.on('error', (error: Error) => this.refuse(`it is no tarball: ${error.message}`));
    return new Writable({
      write: (chunk: Buffer, _, done) => {
        this.bytes += chunk.length;
        if (this.bytes === chunk.length && isPacked(chunk)) this.refuse('it is packed twice');
        if (this.bytes > this.#room.bytes) this.#refuseSize();
        if (this.problem === null) parser.write(chunk);
        done(this.problem === null ? null : new Error(this.problem));
      },
      final: (done) => {
        parser.end();
        done();
      },
    });
  }

  #see(path: string, type: string): void {
    this.files += 1;
    if (this.files > this.#room.files) this.#refuseSize();
    if (path.split('/').includes('..') || path.startsWith('/') || /[\\\0]/.test(path)) {
      this.refuse(`it has an entry that leaves the package: ${JSON.stringify(path)}`);
    }
    if (!isFile(type) && type !== 'Directory') {
      this.refuse(`it has a ${type} at ${JSON.stringify(path)}, where only files may be`);
    }
  }

  #refuseSize(): void {
    const { bytes, files } = this.#room;
    this.refuse(`it unpacks to more than ${bytes} bytes or ${files} files, which is all that may`);
  }
}

/** gzip or zstd: the parser would unpack it once more, uncounted. */
function isPacked(bytes: Buffer): boolean {
  const magic = bytes.subarray(0, 4).toString('hex');
  return magic.startsWith('1f8b') || magic === '28b52ffd';
}

function refusal(tarball: string, problem: string): WaitbusError {
  return new WaitbusError(
    'WAITBUS_INSTALL_REFUSED',
    `${tarball}: ${problem}`,
    'npm pack makes a tarball that is taken.',
  );
}

function isFile(type: string): boolean {
  return type === 'File' || type === 'OldFile' || type === 'ContiguousFile';
}
