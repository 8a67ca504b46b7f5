/**
 * What the running Node can hold a source to: pure. From its capabilities and Node's version to the
 * flags of Node's permission model (https://nodejs.org/api/permissions.html), and to what is
 * enforced and what only declared.
 */
import type { Capabilities } from '../manifest/entry.js';
import { placeAt } from '../manifest/place.js';

export type Enforcement = Readonly<Record<keyof Capabilities, 'enforced' | 'declared'>>;

/** What the permission model of a Node version has. */
interface Features {
  readonly flag: '--permission' | '--experimental-permission';
  readonly net: boolean;
  /** Flags for what the model does not cover: node:sqlite opens any file, SIGUSR1 an inspector. */
  readonly closing: readonly string[];
}

/**
 * A native addon and a child process are outside Node's permission model: who may have one of them
 * can get around every other limit, so nothing is called enforced then.
 * @param nodeVersion such as `20.19.0`
 */
export function enforcement(capabilities: Capabilities, nodeVersion: string): Enforcement {
  const { fsRead, fsWrite, net } = capabilities;
  const limited = !hasWayAround(capabilities);
  const when = (holds: boolean) => (limited && holds ? 'enforced' : 'declared');
  return {
    childProcess: when(true),
    // The environment of another process of the same user is a file.
    env: when(!fsRead.some(reachesAll)),
    fsRead: when(!fsRead.some(reachesAll)),
    fsWrite: when(!fsWrite.some(reachesAll)),
    nativeAddon: when(true),
    // Node allows all of the network or none of it.
    net: when(featuresOf(nodeVersion).net && net.length === 0),
  };
}

/** The same as two lists of names. */
export function namesByEnforcement(
  capabilities: Capabilities,
  nodeVersion: string,
): { readonly enforced: readonly string[]; readonly declared: readonly string[] } {
  const all = Object.entries(enforcement(capabilities, nodeVersion));
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
  const { fsRead, fsWrite, childProcess, nativeAddon } = capabilities;
  const { code, own } = places;
  return [
    flag,
    ...closing,
    ...(flag === '--permission' ? [] : ['--disable-warning=ExperimentalWarning']),
    // It warns of what the user has consented to.
    ...(hasWayAround(capabilities) ? ['--disable-warning=SecurityWarning'] : []),
    ...patterns([...code, ...own], fsRead, places).map((path) => `--allow-fs-read=${path}`),
    ...patterns(own, fsWrite, places).map((path) => `--allow-fs-write=${path}`),
    ...(childProcess.length > 0 ? ['--allow-child-process'] : []),
    ...(nativeAddon ? ['--allow-addons'] : []),
    ...(net && capabilities.net.length > 0 ? ['--allow-net'] : []),
  ];
}

function hasWayAround({ childProcess, nativeAddon }: Capabilities): boolean {
  return nativeAddon || childProcess.length > 0;
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

/**
 * One pattern a path, for it as a file and for all below it as a directory, now or later. Node 20
 * aborts on a path that it was given twice, so none lies within another.
 */
function patterns(own: readonly string[], declared: readonly string[], { home }: Places): string[] {
  const granted = declared.map((place) => placeAt(place, home ?? null));
  if (granted.includes(null)) return ['*'];
  const named = granted.filter((path) => typeof path === 'string');
  const paths = [...new Set([...own, ...named])];
  return paths
    .filter((path) => !paths.some((other) => other !== path && path.startsWith(`${other}/`)))
    .map((path) => `${path}/*`);
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
