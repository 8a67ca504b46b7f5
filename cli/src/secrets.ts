/**
 * The secrets that sources may read: one file of the user's, 0600. Read whole, replaced whole under
 * a lock, and left alone when it is damaged or when others could have read it.
 */
import {
  closeSync,
  constants,
  fstatSync,
  fsyncSync,
  openSync,
  readFileSync,
  renameSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { dirname } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { ownDirectory } from '@waitbus/kernel/own-places';
import { shellWord, SOURCE_NAME, WaitbusError } from '@waitbus/plugin-sdk/envelope';
import { SECRET_NAME } from '@waitbus/plugin-sdk/manifest';

/** A value, and the sources that may read it. */
export interface Secret {
  readonly sources: readonly string[];
  readonly value: string;
  /** By source the package and publisher that it was granted to; none for what comes with waitbus. */
  readonly owners?: Readonly<Record<string, string>>;
}

/** The one who asks for secrets. */
export interface Grantee {
  readonly name: string;
  /** Its package and publisher; absent for what comes with waitbus. */
  readonly owner?: string;
  readonly manifest: { readonly secrets?: readonly string[] | undefined };
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

/** What one source may read: what it declares, and was granted to the package that it is of now. */
export function grantedTo(
  secrets: Secrets,
  { name, owner, manifest }: Grantee,
): Record<string, string> {
  const granted = [...secrets].filter(
    ([secret, { sources, owners }]) =>
      manifest.secrets?.includes(secret) === true &&
      sources.includes(name) &&
      ownerIn(owners, name) === owner,
  );
  return Object.fromEntries(granted.map(([name, { value }]) => [name, value]));
}

/** Without what was granted to a package; a secret that is nobody's any more is forgotten. */
export function withoutOwner(secrets: Secrets, packageName: string): Secrets {
  const left = [...secrets].flatMap(([name, secret]): [string, Secret][] => {
    const { owners = {} } = secret;
    const isTheirs = (source: string) => ownerIn(owners, source)?.split(' ')[0] === packageName;
    const sources = secret.sources.filter((source) => !isTheirs(source));
    if (sources.length === secret.sources.length) return [[name, secret]];
    return sources.length === 0 ? [] : [[name, secretOf(sources, secret.value, owners)]];
  });
  return new Map(left);
}

/** With the owners of exactly these sources. */
export function secretOf(
  sources: readonly string[],
  value: string,
  all: Readonly<Record<string, string>>,
): Secret {
  const owners = Object.entries(all).filter(([source]) => sources.includes(source));
  return owners.length === 0
    ? { sources, value }
    : { owners: Object.fromEntries(owners.sort()), sources, value };
}

function ownerIn(owners: Secret['owners'], source: string): string | undefined {
  return owners !== undefined && Object.hasOwn(owners, source) ? owners[source] : undefined;
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
  ownDirectory(dirname(file), 'WAITBUS_STATE_DIR');
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
  if (!isRecord(value)) return false;
  const { sources, value: text, owners = {}, ...more } = value;
  if (Object.keys(more).length > 0 || !isRecord(owners)) return false;
  if (!Object.values(owners).every((owner) => typeof owner === 'string')) return false;
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
