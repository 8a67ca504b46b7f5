/**
 * A package's tarball: its sha512, and its files laid into a directory. Takes regular files and
 * directories only, from paths that stay within the package.
 */
import { createHash } from 'node:crypto';
import { mkdirSync, readFileSync } from 'node:fs';
import { WaitbusError } from '@waitbus/plugin-sdk/envelope';
import { extract, list } from 'tar';

const MAX_BYTES = 512 * 1024 * 1024;
const MAX_FILES = 100_000;

/** In the form of npm: `sha512-` and base64. */
export function integrityOf(tarball: string): string {
  return `sha512-${createHash('sha512').update(readFileSync(tarball)).digest('base64')}`;
}

/**
 * @param directory is made; it must not hold anything
 * @throws WaitbusError WAITBUS_INSTALL_REFUSED; then nothing was written
 */
export async function unpack(tarball: string, directory: string): Promise<void> {
  await unpackable(tarball);
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
    filter: (_, entry) => 'type' in entry && isFile(entry.type),
  });
}

/** @throws WaitbusError WAITBUS_INSTALL_REFUSED for a tarball that is never unpacked */
export async function unpackable(tarball: string): Promise<void> {
  let bytes = 0;
  let files = 0;
  const problems: string[] = [];
  const refuse = (reason: string) => void problems.push(reason);
  await list({
    file: tarball,
    strict: true,
    onReadEntry: ({ path, type, size }) => {
      bytes += size;
      files += 1;
      const segments = path.split('/');
      if (segments.includes('..') || path.startsWith('/') || path.includes('\\')) {
        refuse(`it has an entry that leaves the package: ${JSON.stringify(path)}`);
      }
      if (!isFile(type) && type !== 'Directory') {
        refuse(`it has a ${type} at ${JSON.stringify(path)}, where only files may be`);
      }
    },
  }).catch((error: unknown) => refuse(`it is no tarball: ${(error as Error).message}`));
  if (files === 0) refuse('it holds nothing');
  if (bytes > MAX_BYTES || files > MAX_FILES) {
    refuse(`it unpacks to ${files} files with ${bytes} bytes`);
  }
  const [problem] = problems;
  if (problem !== undefined) {
    throw new WaitbusError(
      'WAITBUS_INSTALL_REFUSED',
      `${tarball}: ${problem}`,
      'npm pack makes a tarball that is taken.',
    );
  }
}

function isFile(type: string): boolean {
  return type === 'File' || type === 'OldFile' || type === 'ContiguousFile';
}
