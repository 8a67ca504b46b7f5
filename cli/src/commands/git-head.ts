/** The branch of the checkout that a directory lies in, read from its files without running git. */
import { join } from 'node:path';
import { gitDirectory } from '../origin-repo.js';
import { readRegularFile } from '../regular-file.js';

/** The name of a branch, and more. */
const MAX_BYTES = 64 * 1024;

/** @returns null outside a checkout, and when no branch is checked out */
export function headBranch(cwd: string): string | null {
  try {
    const git = gitDirectory(cwd);
    const head =
      git === null ? '' : readRegularFile(join(git, 'HEAD'), { maxBytes: MAX_BYTES }).toString();
    return /^ref: refs\/heads\/(.+)\n?$/.exec(head)?.[1] ?? null;
  } catch {
    return null;
  }
}
