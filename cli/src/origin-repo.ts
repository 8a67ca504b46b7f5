/** The `owner/repo` of a checkout's origin, read from its git configuration without running git. */
import { statSync, type Stats } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { shellWord, WaitbusError } from '@waitbus/plugin-sdk/envelope';
import { NotRead, readRegularFile } from './regular-file.js';
import { whyOf } from './system-error.js';

/** More is no configuration of git. */
const MAX_BYTES = 4 * 1024 * 1024;

/**
 * @returns null when there is no checkout, or its origin does not look like owner/repo
 * @throws WaitbusError WAITBUS_BAD_FILE when the checkout cannot be read: its origin is not known then
 */
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

/** @throws WaitbusError WAITBUS_BAD_FILE */
export function gitDirectory(from: string): string | null {
  for (let directory = resolve(from); ; directory = dirname(directory)) {
    const git = join(directory, '.git');
    const stat = look(git);
    if (stat?.isDirectory()) return git;
    if (stat?.isFile()) return linkedFrom(git, directory);
    if (dirname(directory) === directory) return null;
  }
}

/** A linked work tree or a submodule: the file names the directory, which may have been removed since. */
function linkedFrom(file: string, directory: string): string {
  const text = read(file);
  const git = resolve(directory, text.replace(/^gitdir:\s*/, '').trim());
  if (look(git)?.isDirectory() === true) return git;
  throw unreadable(file, `it names ${git}, which is no directory`);
}

function commonDirectory(git: string): string {
  const common = read(join(git, 'commondir')).trim();
  return common === '' ? git : resolve(git, common);
}

/** @returns null when nothing is there */
function look(file: string): Stats | null {
  try {
    return statSync(file, { throwIfNoEntry: false }) ?? null;
  } catch (error) {
    throw unreadable(file, whyOf(error));
  }
}

/** @returns '' when there is no such file */
function read(file: string): string {
  if (look(file) === null) return '';
  try {
    return readRegularFile(file, { maxBytes: MAX_BYTES }).toString();
  } catch (error) {
    if (error instanceof NotRead) throw unreadable(file, error.message);
    throw unreadable(file, whyOf(error));
  }
}

function unreadable(file: string, why: string): WaitbusError {
  return new WaitbusError(
    'WAITBUS_BAD_FILE',
    `the checkout cannot be read: ${file}: ${why}`,
    `See ls -ld ${shellWord(file)}; --repo OWNER/REPO does without it.`,
  );
}
