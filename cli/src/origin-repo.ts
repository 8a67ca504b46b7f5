/** The `owner/repo` of a checkout's origin, read from its git configuration without running git. */
import { readFileSync, statSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';

/** @returns null when there is no checkout, or its origin does not look like owner/repo */
export function originRepo(cwd: string): string | null {
  return repoOfUrl(originUrl(cwd));
}

/**
 * The host of a checkout's origin, where it cannot be GitHub's as far as its name tells.
 * @returns null for github.com, for a name that ssh may give another meaning, and without an origin
 */
export function foreignHost(cwd: string): string | null {
  const url = originUrl(cwd);
  const host = /^(?:[a-z+]+:\/\/)?(?:[^@/]*@)?([A-Za-z0-9.-]+)(?::|\/)/.exec(url)?.[1] ?? '';
  if (!/[a-z0-9]\.[a-z]/i.test(host) || /(^|\.)github\.com$/i.test(host)) return null;
  return host.toLowerCase();
}

/** '' without one. */
function originUrl(cwd: string): string {
  const git = gitDirectory(cwd);
  if (git === null) return '';
  const config = read(join(commonDirectory(git), 'config'));
  const section = /^\[remote "origin"\]$([^[]*)/m.exec(config)?.[1] ?? '';
  return /^\s*url\s*=\s*(\S+)\s*$/m.exec(section)?.[1] ?? '';
}

/** `https://host/owner/repo.git`, `git@host:owner/repo` and `ssh://` alike. */
export function repoOfUrl(url: string): string | null {
  // A directory is no server.
  if (/^(\.{0,2}\/|file:)/.test(url)) return null;
  const match = /[/:]([A-Za-z0-9_.-]+)\/([A-Za-z0-9_.-]+?)(?:\.git)?\/?$/.exec(url);
  return match === null ? null : `${match[1]}/${match[2]}`;
}

export function gitDirectory(from: string): string | null {
  for (let directory = resolve(from); ; directory = dirname(directory)) {
    const git = join(directory, '.git');
    const stat = statSync(git, { throwIfNoEntry: false });
    if (stat?.isDirectory()) return git;
    // A linked work tree: the file names the directory.
    if (stat?.isFile())
      return resolve(
        directory,
        read(git)
          .replace(/^gitdir:\s*/, '')
          .trim(),
      );
    if (dirname(directory) === directory) return null;
  }
}

function commonDirectory(git: string): string {
  const common = read(join(git, 'commondir')).trim();
  return common === '' ? git : resolve(git, common);
}

function read(file: string): string {
  try {
    return readFileSync(file, 'utf8');
  } catch {
    return '';
  }
}
