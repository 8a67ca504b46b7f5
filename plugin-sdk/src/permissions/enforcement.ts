/**
 * What a source can be held to: pure. From its capabilities and Node's version to the flags of Node's
 * permission model (https://nodejs.org/api/permissions.html), to the paths that it may use, and to
 * what is enforced and what only declared.
 */
import { isAbsolute, resolve } from 'node:path';
import type { Capabilities } from '../manifest/entry.js';

/** The entry of `net` for the sockets of other programs of this machine, such as an engine's. */
export const UNIX_SOCKETS = 'unix';

export type Enforcement = Readonly<Record<keyof Capabilities, 'enforced' | 'declared'>>;

/** What the permission model of a Node version has. */
interface Features {
  readonly flag: '--permission' | '--experimental-permission';
  readonly net: boolean;
  /** Flags for what the model does not cover: node:sqlite opens any file, SIGUSR1 an inspector. */
  readonly closing: readonly string[];
}

/** What holds it. */
export interface Means {
  /** Such as `20.19.0`. */
  readonly nodeVersion: string;
  /** Whether the kernel restricts the process, whatever code runs in it: Landlock and seccomp. */
  readonly kernel: boolean;
}

/**
 * A child process, and a socket of another program of this machine, lead out of every limit, since
 * whoever is asked there does what it is told with rights of its own; where Node alone holds it, so
 * does a native addon. Nothing is called enforced beside a way around it.
 */
export function enforcement(
  capabilities: Capabilities,
  { nodeVersion, kernel }: Means,
): Enforcement {
  const { fsRead, fsWrite, nativeAddon, net } = capabilities;
  const limited = !hasWayAround(capabilities) && (kernel || !nativeAddon);
  const when = (holds: boolean) => (limited && holds ? 'enforced' : 'declared');
  return {
    childProcess: when(true),
    // The environment of another process of the same user is a file.
    env: when(!fsRead.some(reachesProcesses)),
    fsRead: when(!fsRead.some(isEverything)),
    fsWrite: when(!fsWrite.some(isEverything)),
    nativeAddon: when(!nativeAddon),
    // All of the network is allowed or none of it.
    net: when(net.length === 0 && (kernel || featuresOf(nodeVersion).net)),
  };
}

/** The same as two lists of names. */
export function namesByEnforcement(
  capabilities: Capabilities,
  means: Means,
): { readonly enforced: readonly string[]; readonly declared: readonly string[] } {
  const all = Object.entries(enforcement(capabilities, means));
  const those = (how: string) => all.filter(([, one]) => one === how).map(([name]) => name);
  return { enforced: those('enforced'), declared: those('declared') };
}

export interface Places {
  /** Absolute paths, files and directories, that the source's program consists of. */
  readonly code: readonly string[];
  /** The source's own, readable and writable; relative paths of the manifest are within the first. */
  readonly own: readonly string[];
  /** What `~` stands for, when it is known. */
  readonly home: string | undefined;
}

/** The flags to start Node with. */
export function permissionFlags(
  capabilities: Capabilities,
  nodeVersion: string,
  places: Places,
): string[] {
  const { flag, net, closing } = featuresOf(nodeVersion);
  const { childProcess, nativeAddon } = capabilities;
  const { read, write } = pathsOf(capabilities, places);
  return [
    flag,
    ...closing,
    ...(flag === '--permission' ? [] : ['--disable-warning=ExperimentalWarning']),
    // It warns of what the user has consented to.
    ...(childProcess.length > 0 || nativeAddon ? ['--disable-warning=SecurityWarning'] : []),
    ...read.map((path) => `--allow-fs-read=${pattern(path)}`),
    ...write.map((path) => `--allow-fs-write=${pattern(path)}`),
    ...(childProcess.length > 0 ? ['--allow-child-process'] : []),
    ...(nativeAddon ? ['--allow-addons'] : []),
    ...(net && capabilities.net.length > 0 ? ['--allow-net'] : []),
  ];
}

/** Absolute paths, each for it as a file and for all below it as a directory; `/` for everything. */
export function pathsOf(
  { fsRead, fsWrite }: Capabilities,
  places: Places,
): { readonly read: readonly string[]; readonly write: readonly string[] } {
  const { code, own } = places;
  return {
    read: apart([...code, ...own], fsRead, places),
    write: apart(own, fsWrite, places),
  };
}

/** Whether it may use the sockets by which programs of this machine speak to each other. */
export function hasUnixSockets({ net }: Capabilities): boolean {
  return net.includes(UNIX_SOCKETS);
}

function hasWayAround(capabilities: Capabilities): boolean {
  return capabilities.childProcess.length > 0 || hasUnixSockets(capabilities);
}

function isEverything(path: string): boolean {
  return ['*', '/', '/*'].includes(path);
}

function reachesProcesses(path: string): boolean {
  return isEverything(path) || /^\/proc(\/|$)/.test(path);
}

/** Node 20 aborts on a path that it was given twice, so none lies within another. */
function apart(own: readonly string[], declared: readonly string[], places: Places): string[] {
  if (declared.some(isEverything)) return ['/'];
  const paths = [...new Set([...own, ...declared.flatMap((path) => absolute(path, places))])];
  return paths.filter(
    (path) => !paths.some((other) => other !== path && path.startsWith(`${other}/`)),
  );
}

/** Node's pattern for a path now or later. */
function pattern(path: string): string {
  return path === '/' ? '*' : `${path}/*`;
}

function absolute(path: string, { own, home }: Places): string[] {
  const below = path === '~' || path.startsWith('~/') ? home : own[0];
  if (!isAbsolute(path) && below === undefined) return [];
  // A directory may be written as `dir`, `dir/` or `dir/*`.
  const plain = path.replace(/\/?\*?$/, '').replace(/^~(?=\/|$)/, '.');
  return [resolve(below ?? '/', plain)];
}

function featuresOf(nodeVersion: string): Features {
  const [major = 0, minor = 0] = nodeVersion.split('.').map(Number);
  /** Whether it is in a release of this line, or of a later one. */
  const has = (line: number, from: number) => major > line || (major === line && minor >= from);
  const stable = (major === 22 && minor >= 13) || has(23, 5);
  return {
    flag: stable ? '--permission' : '--experimental-permission',
    net: major >= 25,
    closing: [
      ...(has(22, 5) ? ['--no-experimental-sqlite'] : []),
      ...((major === 22 && minor >= 14) || has(23, 7) ? ['--disable-sigusr1'] : []),
    ],
  };
}
