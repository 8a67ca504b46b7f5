/**
 * The secrets that sources may read: one file of the user's, 0600. Read whole, replaced whole under
 * a lock, and left alone when it is damaged or when others could have read it.
 */
import {
  closeSync,
  constants,
  fstatSync,
  fsyncSync,
  mkdirSync,
  openSync,
  readFileSync,
  renameSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { dirname } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { shellWord, SOURCE_NAME, WaitbusError } from '@waitbus/plugin-sdk/envelope';
import { SECRET_NAME } from '@waitbus/plugin-sdk/manifest';

/** A value, and the sources that may read it. */
export interface Secret {
  readonly sources: readonly string[];
  readonly value: string;
}

/** By name, sorted. */
export type Secrets = ReadonlyMap<string, Secret>;

const RETRY_MS = 20;
const MAX_BYTES = 4 * 1024 * 1024;

/**
 * @returns none when there is no file yet
 * @throws WaitbusError WAITBUS_BAD_SECRETS_FILE
 */
export function readSecrets(file: string): Secrets {
  const text = readPrivate(file);
  return text === null ? new Map() : parseSecrets(text, file);
}

/** What one source may read. */
export function grantedTo(secrets: Secrets, source: string): Record<string, string> {
  const granted = [...secrets].filter(([, secret]) => secret.sources.includes(source));
  return Object.fromEntries(granted.map(([name, { value }]) => [name, value]));
}

/**
 * Changes the file while no other command does.
 * @param change what becomes of the secrets; what it throws leaves the file as it was
 * @returns what they were before
 */
export async function changeSecrets(
  file: string,
  change: (secrets: Secrets) => Secrets,
): Promise<Secrets> {
  const { tryLock } = await import('@waitbus/kernel/file-lock');
  mkdirSync(dirname(file), { recursive: true, mode: 0o700 });
  let release = tryLock(`${file}.lock`);
  for (; release === null; release = tryLock(`${file}.lock`)) await pause(RETRY_MS);
  try {
    const before = readSecrets(file);
    replace(file, formatSecrets(change(before)));
    return before;
  } finally {
    release();
  }
}

/** A link is not followed, and what is judged is what was opened. */
function readPrivate(file: string): string | null {
  const { O_NOFOLLOW, O_NONBLOCK, O_RDONLY } = constants;
  let fd: number;
  try {
    fd = openSync(file, O_RDONLY | O_NOFOLLOW | O_NONBLOCK);
  } catch (error) {
    const { code, message } = error as NodeJS.ErrnoException;
    if (code === 'ENOENT') return null;
    if (code !== 'ELOOP') throw bad(`${file}: ${message}`, `See ls -l ${shellWord(file)}.`);
    throw bad(`${file} is a link; it was not followed`, `Remove it: rm ${shellWord(file)}`);
  }
  try {
    const stat = fstatSync(fd);
    if (!stat.isFile()) throw bad(`${file} is no regular file`, `See ls -ld ${shellWord(file)}.`);
    if (stat.size > MAX_BYTES)
      throw bad(
        `${file} is larger than the ${MAX_BYTES} bytes that are read`,
        `See ls -l ${shellWord(file)}.`,
      );
    if (stat.uid !== process.getuid?.()) {
      throw bad(
        `${file} belongs to another user`,
        `If you trust what is in it: sudo chown "$(id -u)" ${shellWord(file)}`,
      );
    }
    if ((stat.mode & 0o077) !== 0) {
      throw bad(
        `${file} is open to other users (mode ${(stat.mode & 0o777).toString(8)}); what they may have seen is to be renewed`,
        `Close it to them: chmod 600 ${shellWord(file)}`,
      );
    }
    return readFileSync(fd, 'utf8');
  } finally {
    closeSync(fd);
  }
}

function parseSecrets(text: string, file: string): Secrets {
  let data: unknown;
  try {
    data = JSON.parse(text);
  } catch {
    // The parser's own message would quote from the file.
    throw damaged(file, 'it is not JSON');
  }
  if (!isRecord(data)) throw damaged(file, 'it is not an object');
  const entries = Object.entries(data);
  for (const [name, secret] of entries) {
    if (!SECRET_NAME.test(name)) throw damaged(file, 'it holds a malformed name');
    if (!isSecret(secret)) throw damaged(file, `${name} is not {"sources": [...], "value": "..."}`);
  }
  return new Map(sorted(entries as [string, Secret][]));
}

function formatSecrets(secrets: Secrets): string {
  return `${JSON.stringify(Object.fromEntries(sorted([...secrets])), null, 2)}\n`;
}

function sorted(entries: readonly [string, Secret][]): [string, Secret][] {
  return [...entries].sort(([a], [b]) => (a < b ? -1 : 1));
}

function isSecret(value: unknown): value is Secret {
  if (!isRecord(value) || Object.keys(value).sort().join() !== 'sources,value') return false;
  const { sources, value: text } = value;
  if (typeof text !== 'string' || text === '' || !Array.isArray(sources)) return false;
  return sources.length > 0 && sources.every((one) => SOURCE_NAME.test(String(one)));
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** The lock makes the unfinished file ours; one that is there is left from a killed command. */
function replace(file: string, text: string): void {
  const next = `${file}.tmp`;
  rmSync(next, { force: true });
  try {
    writeFileSync(next, text, { mode: 0o600, flag: 'wx', flush: true });
    renameSync(next, file);
  } catch (error) {
    rmSync(next, { force: true });
    throw error;
  }
  // The rename itself survives a power failure.
  const directory = openSync(dirname(file), 'r');
  try {
    fsyncSync(directory);
  } finally {
    closeSync(directory);
  }
}

function damaged(file: string, how: string): WaitbusError {
  return bad(
    `${file} is damaged: ${how}. It was not changed`,
    `Move it away (mv ${shellWord(file)} ${shellWord(`${file}.damaged`)}) and set the secrets again.`,
  );
}

function bad(message: string, remedy: string): WaitbusError {
  return new WaitbusError('WAITBUS_BAD_SECRETS_FILE', message, remedy);
}
