/**
 * plugins.lock.json as pure data: parse with every refusal, format canonically. No I/O.
 */
import { notJson, SOURCE_NAME, WaitbusError } from '../envelope/index.js';
import {
  isDependencyPath,
  isDependencyVersion,
  isPackageName,
  isVersion,
  type Capabilities,
} from '../manifest/index.js';
import {
  every,
  isFlag,
  isText,
  listOf,
  mapOf,
  matching,
  members,
  nullOr,
  oneOf,
  that,
} from './check.js';
import { dependencyKeys, rootIntegrity } from './pin-checks.js';

export const LOCKFILE_VERSION = 1;

/** A dependency that npm laid beside a package. */
export interface DependencyPin {
  readonly content: string | null;
  readonly integrity: string | null;
  readonly optional: boolean;
  readonly version: string;
}

/** Who published a package, from a verified attestation (https://docs.npmjs.com/generating-provenance-statements). */
export interface Publisher {
  /** The OIDC issuer that vouched for the workflow's run. */
  readonly issuer: string;
  /** URL of the source repository. */
  readonly repository: string;
  /** The forge's number of the repository: it survives a rename, and a name that is taken over has another. */
  readonly repositoryId: string;
  readonly ownerId: string;
  /** The workflow file's path within the repository. */
  readonly workflow: string;
}

/** One package's pin. */
export interface Pin {
  /** The union over the package's sources: consent is given to a package. */
  readonly capabilities: Capabilities;
  /** `h1:` and a base64 sha256, see contentHash. */
  readonly content: string;
  readonly contract: 'waitbus.sources.v1';
  readonly dependencies: Readonly<Record<string, DependencyPin>>;
  readonly evidence: 'provenance' | 'registry' | 'local';
  /** ISO 8601 in UTC. */
  readonly firstPinnedAt: string;
  readonly installScripts: 'none' | 'declared';
  /** Exactly one sha512, as npm writes it. */
  readonly integrity: string | null;
  /** sha256 of the manifest key's value. */
  readonly manifest: string;
  readonly origin: 'registry' | 'tarball' | 'directory' | 'workspace';
  /** With evidence `provenance`, else null. */
  readonly publisher: Publisher | null;
  readonly sources: readonly string[];
  readonly version: string;
}

export interface Lockfile {
  readonly lockfileVersion: typeof LOCKFILE_VERSION;
  readonly plugins: Readonly<Record<string, Pin>>;
}

const contentHash = matching(/^h1:[A-Za-z0-9+/]{43}=$/, 'must be h1: and a base64 sha256');
const sha512 = matching(/^sha512-[A-Za-z0-9+/]{86}==$/, 'must be exactly one sha512');

const checkLockfile = members({
  lockfileVersion: oneOf(LOCKFILE_VERSION),
  plugins: mapOf(
    isPackageName,
    'is no name of a package',
    every(
      members({
        capabilities: members({
          childProcess: listOf(isText),
          env: listOf(isText),
          fsRead: listOf(isText),
          fsWrite: listOf(isText),
          nativeAddon: isFlag,
          net: listOf(isText),
        }),
        content: contentHash,
        contract: oneOf('waitbus.sources.v1'),
        dependencies: mapOf(
          isDependencyPath,
          'is no place below the prefix, such as node_modules/ws',
          members({
            content: nullOr(contentHash),
            integrity: nullOr(sha512),
            optional: isFlag,
            version: that(isDependencyVersion, 'must be a version such as 1.0.0'),
          }),
        ),
        evidence: oneOf('provenance', 'registry', 'local'),
        firstPinnedAt: matching(
          /^\d{4}-[01]\d-[0-3]\dT[0-2]\d:[0-5]\d:[0-5]\dZ$/,
          'must be a time such as 2026-11-22T00:00:00Z',
        ),
        installScripts: oneOf('none', 'declared'),
        integrity: nullOr(sha512),
        manifest: matching(/^sha256-[A-Za-z0-9+/]{43}=$/, 'must be a base64 sha256'),
        origin: oneOf('registry', 'tarball', 'directory', 'workspace'),
        publisher: nullOr(
          members({
            issuer: isText,
            ownerId: isText,
            repository: isText,
            repositoryId: isText,
            workflow: isText,
          }),
        ),
        sources: listOf(matching(SOURCE_NAME, `must match ${SOURCE_NAME.source}`)),
        version: that(isVersion, 'must be a version such as 1.0.0'),
      }),
      rootIntegrity,
      dependencyKeys,
    ),
  ),
});

/** A lock without a pin. */
export const EMPTY_LOCKFILE: Lockfile = { lockfileVersion: LOCKFILE_VERSION, plugins: {} };

/**
 * Parses a lockfile.
 * @param text the file's bytes as text
 * @param file its path, for messages only
 * @throws WaitbusError WAITBUS_BAD_LOCKFILE that names the line or the member
 */
export function parseLockfile(text: string, file: string): Lockfile {
  const lock = checked(text, file);
  // Duplicate keys, CRLF and another order all show as bytes that differ.
  const lines = text.split('\n');
  const canonical = formatLockfile(lock).split('\n');
  const differs = canonical.findIndex((line, index) => line !== lines[index]);
  if (differs !== -1 || canonical.length !== lines.length) {
    const line = (differs === -1 ? canonical.length : differs) + 1;
    throw bad(file, line, 'is not in canonical form');
  }
  return lock;
}

/**
 * What a lock says that is sound but for its form: keys in another order, other line ends or
 * spaces. A key that is there twice is not sound, since readers differ about which one counts.
 * @throws WaitbusError WAITBUS_BAD_LOCKFILE
 */
export function canonicalize(text: string, file: string): Lockfile {
  const lock = checked(text, file);
  const plain = (some: string) => some.replace(/\s+/g, '');
  if (plain(text).length !== plain(formatLockfile(lock)).length) {
    throw new WaitbusError('WAITBUS_BAD_LOCKFILE', `${file}: a key is there twice`);
  }
  return lock;
}

function checked(text: string, file: string): Lockfile {
  const lines = text.split('\n');
  const marker = lines.findIndex((line) => /^(<{7}|={7}|>{7})/.test(line));
  if (marker !== -1) throw bad(file, marker + 1, 'holds a merge conflict marker');
  let data: unknown;
  let hidden = false;
  try {
    data = JSON.parse(text, (key, value: unknown) => {
      hidden ||= key === '__proto__';
      return value;
    });
  } catch {
    throw new WaitbusError('WAITBUS_BAD_LOCKFILE', `${file}: ${notJson(text)}`);
  }
  if (hidden) {
    const line = lines.findIndex((one) => /"__proto__"\s*:/.test(one));
    throw bad(file, line + 1, 'holds a __proto__ key');
  }
  const version = (data as { lockfileVersion?: unknown } | null)?.lockfileVersion;
  if (typeof version === 'number' && version > LOCKFILE_VERSION) {
    throw new WaitbusError(
      'WAITBUS_BAD_LOCKFILE',
      `${file}: lockfileVersion ${version} is newer than the ${LOCKFILE_VERSION} known here`,
      'Upgrade waitbus.',
    );
  }
  const problems: string[] = [];
  checkLockfile(data, '', problems);
  if (problems.length > 0) {
    throw new WaitbusError('WAITBUS_BAD_LOCKFILE', file, undefined, { problems });
  }
  return data as Lockfile;
}

/** The one canonical text of a lock: keys sorted by code point, two spaces, LF, final newline. */
export function formatLockfile(lock: Lockfile): string {
  return `${JSON.stringify(sorted(lock), null, 2)}\n`;
}

function sorted(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(sorted);
  if (typeof value !== 'object' || value === null) return value;
  const entries = Object.entries(value).sort(([a], [b]) => compareCodePoints(a, b));
  return Object.fromEntries(entries.map(([key, member]) => [key, sorted(member)]));
}

/** UTF-8 byte order is code point order; UTF-16 order is not. */
export function compareCodePoints(a: string, b: string): number {
  return Buffer.compare(Buffer.from(a), Buffer.from(b));
}

/** @param line from 1; 0 when it is not known: it is written with escapes */
function bad(file: string, line: number, problem: string): WaitbusError {
  const where = line === 0 ? 'it' : `line ${line}`;
  return new WaitbusError('WAITBUS_BAD_LOCKFILE', `${file}: ${where} ${problem}`);
}
