/**
 * What npm resolved, read out of its package-lock.json: pure. Refuses what is never installed: code
 * from a git repository, a link or a web address, and anything whose bytes are not fixed by exactly
 * one sha512.
 */
import { WaitbusError } from '@waitbus/plugin-sdk/envelope';
import { compareCodePoints } from '@waitbus/plugin-sdk/lockfile';
import { isDependencyPath, isPackageName, isVersion } from '@waitbus/plugin-sdk/manifest';

/** One package of the tree. */
export interface TreeEntry {
  /** Below the prefix, such as `node_modules/ws`. */
  readonly path: string;
  /** What the registry calls it; the path ends otherwise when it is an alias. */
  readonly name: string;
  readonly version: string;
  /** Null when it lies in the tarball of the package that holds it. */
  readonly integrity: string | null;
  readonly optional: boolean;
  readonly installScript: boolean;
  readonly platform: Platform;
}

/** Where a package runs, as in package.json; absent means everywhere. */
export interface Platform {
  readonly os?: readonly string[];
  readonly cpu?: readonly string[];
  readonly libc?: readonly string[];
}

export interface Tree {
  readonly root: TreeEntry;
  readonly dependencies: readonly TreeEntry[];
}

/** The members of an entry of a package-lock.json that count here. */
interface LockEntry extends Platform {
  readonly name?: string;
  readonly version?: string;
  readonly resolved?: string;
  readonly integrity?: string;
  readonly link?: boolean;
  readonly inBundle?: boolean;
  readonly dev?: boolean;
  readonly optional?: boolean;
  readonly devOptional?: boolean;
  readonly hasInstallScript?: boolean;
  readonly dependencies?: Readonly<Record<string, string>>;
  readonly optionalDependencies?: Readonly<Record<string, string>>;
}

const SHA512 = /^sha512-[A-Za-z0-9+/]{86}==$/;
/** Specs that are no version range of the registry, nor an alias of one. */
const ELSEWHERE = /^(git|https?:|file:|link:|github:|gitlab:|bitbucket:|gist:|[^@/\s]+\/[^/\s]+$)/;

/**
 * @param packageLock parsed, lockfileVersion 3
 * @param expected the name that was asked for, or null for a file: then its only dependency
 * @throws WaitbusError WAITBUS_INSTALL_REFUSED with every reason
 */
export function readTree(packageLock: unknown, expected: string | null): Tree {
  const { packages = {} } = Object(packageLock) as { packages?: Record<string, LockEntry> };
  const name = expected ?? Object.keys(packages['']?.dependencies ?? {})[0] ?? '';
  const rootPath = `node_modules/${name}`;
  const problems: string[] = [];
  const entries: TreeEntry[] = [];
  for (const [path, entry] of Object.entries(packages)) {
    if (path === '' || entry.dev === true) continue;
    entries.push(readEntry(path, entry, path === rootPath, problems));
  }
  const root = entries.find(({ path }) => path === rootPath);
  if (root === undefined) problems.push(`npm did not resolve ${name}`);
  else if (!isPackageName(name)) problems.push(`${name} is no name of a source package`);
  else if (root.name !== name) {
    problems.push(`${name} is an alias: its package is ${root.name}`);
  }
  if (root === undefined || problems.length > 0) {
    throw new WaitbusError('WAITBUS_INSTALL_REFUSED', problems.join('; '));
  }
  const dependencies = entries
    .filter((entry) => entry !== root)
    .sort((a, b) => compareCodePoints(a.path, b.path));
  return { root, dependencies };
}

function readEntry(path: string, entry: LockEntry, isRoot: boolean, problems: string[]): TreeEntry {
  const inBundle = entry.inBundle === true;
  if (!isDependencyPath(path))
    problems.push(`${path} leaves the prefix, or is no place of a package in it`);
  if (entry.link === true) problems.push(`${path} is a link`);
  if (/^git/.test(entry.resolved ?? '')) problems.push(`${path} comes from a git repository`);
  for (const [name, spec] of Object.entries({
    ...entry.dependencies,
    ...entry.optionalDependencies,
  })) {
    if (ELSEWHERE.test(spec)) problems.push(`${path} depends on ${name} from ${spec}`);
  }
  const integrity = entry.integrity ?? null;
  if (!isVersion(entry.version)) problems.push(`${path} has no semantic version`);
  if (isRoot || !inBundle || integrity !== null) {
    const problem = integrityProblem(integrity);
    if (problem !== null) problems.push(`${path} ${problem}`);
  }
  return {
    path,
    name: entry.name ?? path.slice(path.lastIndexOf('node_modules/') + 'node_modules/'.length),
    version: entry.version ?? '',
    integrity: inBundle && !isRoot ? null : integrity,
    optional: !isRoot && (entry.optional === true || entry.devOptional === true),
    installScript: entry.hasInstallScript === true,
    platform: platformOf(entry),
  };
}

/** What is wrong with an integrity, or null. */
export function integrityProblem(integrity: string | null): string | null {
  if (integrity === null || integrity === '') return 'has no integrity';
  const hashes = integrity.split(/\s+/);
  if (hashes.length > 1) return `has ${hashes.length} hashes, where one sha512 decides`;
  if (!SHA512.test(integrity)) return `has an integrity that is no sha512: ${integrity}`;
  return null;
}

function platformOf({ os, cpu, libc }: Platform): Platform {
  return { ...(os && { os }), ...(cpu && { cpu }), ...(libc && { libc }) };
}
