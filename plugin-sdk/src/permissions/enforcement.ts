/**
 * What a source can be held to: pure. From its capabilities and Node's version to the flags of Node's
 * permission model (https://nodejs.org/api/permissions.html), to the paths that it may use, and to
 * what is enforced and what only declared.
 */
import type { Capabilities } from '../manifest/entry.js';
import { placeAt } from '../manifest/place.js';

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
    env: when(!fsRead.some(reachesAll)),
    fsRead: when(!fsRead.some(reachesAll)),
    fsWrite: when(!fsWrite.some(reachesAll)),
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
  /** The source's own, readable and writable. */
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

/** A process's `root` below /proc is everything under another name. */
function reachesAll(place: string): boolean {
  return place === '*' || place === '/proc' || place.startsWith('/proc/');
}

/** Whether a source that may read these places may read something at or below a path, or above it. */
export function overlaps(path: string, places: readonly string[], home: string | null): boolean {
  return places.some((place) => {
    const at = placeAt(place, home);
    if (at === undefined || at === null) return at === null;
    return path === at || path.startsWith(`${at}/`) || at.startsWith(`${path}/`);
  });
}

/** Node 20 aborts on a path that it was given twice, so none lies within another. */
function apart(own: readonly string[], declared: readonly string[], { home }: Places): string[] {
  const granted = declared.map((place) => placeAt(place, home ?? null));
  if (granted.includes(null)) return ['/'];
  const named = granted.filter((path) => typeof path === 'string');
  const paths = [...new Set([...own, ...named])];
  return paths.filter(
    (path) => !paths.some((other) => other !== path && path.startsWith(`${other}/`)),
  );
}

/** Node's pattern for a path now or later. */
function pattern(path: string): string {
  return path === '/' ? '*' : `${path}/*`;
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
