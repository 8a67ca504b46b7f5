/** The one name of a path: what links lead to, as far as it exists. */
import { realpathSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { WaitbusError } from '@waitbus/plugin-sdk/envelope';
import { absolutePath } from '../working-directory.js';

const MAX_PATH_BYTES = 4000;

/**
 * @param cwd default: the working directory
 * @param realpath the system's, for what exists; it throws for what does not
 * @throws WaitbusError WAITBUS_BAD_REQUEST for what cannot be a path, WAITBUS_BAD_DIRECTORY
 */
export function canonicalPath(
  path: string,
  cwd?: string,
  realpath: (path: string) => string = realpathSync.native,
): string {
  if (path === '' || path.includes('\0')) throw bad('a path is text without NUL');
  const canonical = real(absolutePath(path, cwd), realpath);
  if (Buffer.byteLength(canonical) > MAX_PATH_BYTES) {
    throw bad(`a path may have ${MAX_PATH_BYTES} bytes`);
  }
  return canonical;
}

function real(path: string, realpath: (path: string) => string): string {
  try {
    return realpath(path);
  } catch {
    const parent = dirname(path);
    return parent === path ? path : join(real(parent, realpath), basename(path));
  }
}

function bad(message: string): WaitbusError {
  return new WaitbusError('WAITBUS_BAD_REQUEST', message, 'waitbus claim --help shows how.');
}
