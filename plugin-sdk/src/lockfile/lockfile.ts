/**
 * plugins.lock.json as pure data: parse with every refusal, format canonically. No I/O.
 */
import { z } from 'zod';
import { WaitbusError } from '../envelope/index.js';
import { capabilitiesSchema } from '../manifest/index.js';

export const LOCKFILE_VERSION = 1;

const contentHash = z.string().regex(/^h1:[A-Za-z0-9+/]{43}=$/, 'must be h1: and a base64 sha256');
const sha512 = z.string().regex(/^sha512-[A-Za-z0-9+/]{86}==$/, 'must be exactly one sha512');

const dependencySchema = z.strictObject({
  content: contentHash.nullable(),
  integrity: sha512.nullable(),
  optional: z.boolean(),
  version: z.string(),
});

const pinSchema = z.strictObject({
  /** The union over the package's sources: consent is given to a package. */
  capabilities: capabilitiesSchema,
  content: contentHash,
  contract: z.literal('waitbus.sources.v1'),
  dependencies: z.record(z.string(), dependencySchema),
  evidence: z.enum(['provenance', 'registry', 'local']),
  firstPinnedAt: z.iso.datetime(),
  installScripts: z.enum(['none', 'declared']),
  integrity: sha512.nullable(),
  manifest: z.string().regex(/^sha256-[A-Za-z0-9+/]{43}=$/),
  origin: z.enum(['registry', 'tarball', 'directory', 'workspace']),
  publisher: z.null(),
  sources: z.array(z.string()),
  version: z.string(),
});

const lockfileSchema = z.strictObject({
  lockfileVersion: z.literal(LOCKFILE_VERSION),
  plugins: z.record(z.string(), pinSchema),
});

/** One package's pin. */
export type Pin = z.infer<typeof pinSchema>;
export type Lockfile = z.infer<typeof lockfileSchema>;

/** A lock without a pin. */
export const EMPTY_LOCKFILE: Lockfile = { lockfileVersion: LOCKFILE_VERSION, plugins: {} };

/**
 * Parses a lockfile.
 * @param text the file's bytes as text
 * @param file its path, for messages only
 * @throws WaitbusError WAITBUS_BAD_LOCKFILE that names the line or the member
 */
export function parseLockfile(text: string, file: string): Lockfile {
  const lines = text.split('\n');
  const marker = lines.findIndex((line) => /^(<{7}|={7}|>{7})/.test(line));
  if (marker !== -1) throw bad(file, marker + 1, 'holds a merge conflict marker');
  let data: unknown;
  try {
    data = JSON.parse(text);
  } catch (error) {
    throw new WaitbusError('WAITBUS_BAD_LOCKFILE', `${file}: ${(error as Error).message}`);
  }
  const version = (data as { lockfileVersion?: unknown } | null)?.lockfileVersion;
  if (typeof version === 'number' && version > LOCKFILE_VERSION) {
    throw new WaitbusError(
      'WAITBUS_BAD_LOCKFILE',
      `${file}: lockfileVersion ${version} is newer than the ${LOCKFILE_VERSION} known here`,
      'Upgrade waitbus.',
    );
  }
  const parsed = lockfileSchema.safeParse(data);
  if (!parsed.success) {
    const problems = parsed.error.issues.map(
      (issue) => `${issue.path.map(String).join('.')}: ${issue.message}`,
    );
    throw new WaitbusError('WAITBUS_BAD_LOCKFILE', `${file}:\n  ${problems.join('\n  ')}`);
  }
  // Duplicate keys, __proto__, CRLF and another order all show as bytes that differ.
  const canonical = formatLockfile(parsed.data).split('\n');
  const differs = canonical.findIndex((line, index) => line !== lines[index]);
  if (differs !== -1 || canonical.length !== lines.length) {
    const line = (differs === -1 ? canonical.length : differs) + 1;
    throw bad(file, line, 'is not in canonical form');
  }
  return parsed.data;
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

function bad(file: string, line: number, problem: string): WaitbusError {
  return new WaitbusError('WAITBUS_BAD_LOCKFILE', `${file}: line ${line} ${problem}`);
}
