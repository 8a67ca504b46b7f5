/** The branch of the checkout that a directory lies in, read from its files without running git. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { gitDirectory } from '../origin-repo.js';

/** @returns null outside a checkout, and when no branch is checked out */
export function headBranch(cwd: string): string | null {
  try {
    const git = gitDirectory(cwd);
    const head = git === null ? '' : readFileSync(join(git, 'HEAD'), 'utf8');
    return /^ref: refs\/heads\/(.+)\n?$/.exec(head)?.[1] ?? null;
  } catch {
    return null;
  }
}
