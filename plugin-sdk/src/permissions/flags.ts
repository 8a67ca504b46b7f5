/**
 * From what a manifest declares to the options of Node's permission model: pure. The network is a
 * part of it from Node 25 on; before that it is only declared.
 */
import type { Capabilities } from '../manifest/entry.js';

export interface PermissionPaths {
  /** Absolute paths that must be readable whatever is declared: runner, package, dependencies. */
  readonly read: readonly string[];
  /** Absolute paths that must be writable, and readable: the state directory. */
  readonly write: readonly string[];
  /** What `~/` stands for. */
  readonly home: string;
}

/** That the model is experimental there is known, and would be printed at every start. */
const UNWARNED = '--disable-warning=ExperimentalWarning';

/** @param nodeVersion such as `20.19.0`, of the Node that the options are for */
export function permissionFlags(
  capabilities: Capabilities,
  paths: PermissionPaths,
  nodeVersion: string,
): string[] {
  const [major = 0, minor = 0] = nodeVersion.split('.').map(Number);
  const named = major > 23 || (major === 23 && minor >= 5) || (major === 22 && minor >= 13);
  const read = [...paths.read, ...paths.write, ...declared(capabilities.fsRead, paths.home)];
  const write = [...paths.write, ...declared(capabilities.fsWrite, paths.home)];
  return [
    ...(named ? ['--permission'] : ['--experimental-permission', UNWARNED]),
    ...each('--allow-fs-read', read),
    ...each('--allow-fs-write', write),
    ...when(capabilities.childProcess.length > 0, '--allow-child-process'),
    ...when(capabilities.nativeAddon, '--allow-addons'),
    ...when(major >= 25 && capabilities.net.length > 0, '--allow-net'),
  ];
}

function declared(entries: readonly string[], home: string): string[] {
  return entries.map((entry) => (entry.startsWith('~/') ? `${home}${entry.slice(1)}` : entry));
}

/** `*` covers every other path. */
function each(flag: string, paths: readonly string[]): string[] {
  const distinct = paths.includes('*') ? ['*'] : [...new Set(paths)];
  return distinct.map((path) => `${flag}=${path}`);
}

function when(holds: boolean, flag: string): string[] {
  return holds ? [flag] : [];
}
