/**
 * Where an added package lies: `plugins/<name>/<version>-<12 hex of its bytes>/`, a prefix of its
 * own with the package and its dependencies in one node_modules. The pin alone says where, so a prefix
 * never changes its content and two versions lie side by side. No link is taken for one of these
 * directories.
 */
import { createHash } from 'node:crypto';
import { lstatSync } from 'node:fs';
import { WaitbusError, shellWord } from '@waitbus/plugin-sdk/envelope';
import { below, compareCodePoints, type Pin } from '@waitbus/plugin-sdk/lockfile';
import { isVersion } from '@waitbus/plugin-sdk/manifest';

/** Holds what is being installed; never looked into for sources. */
export const STAGING = '.staging';

/** The package.json of a prefix, which is no package of anybody's. */
export const PREFIX_PACKAGE = `${JSON.stringify(
  { name: 'waitbus-staging', version: '0.0.0', private: true },
  null,
  2,
)}\n`;
const PREFIX = /^(.+)-[0-9a-f]{12}$/;

/** Whether a directory's name could be that of a prefix: nothing else in its place is touched. */
export function isPrefixName(name: string): boolean {
  return isVersion(PREFIX.exec(name)?.[1]);
}

/** The same on every platform, which is why the contents of dependencies do not count: some are absent. */
export function prefixName(pin: Pick<Pin, 'version' | 'content' | 'dependencies'>): string {
  const contents = Object.entries(pin.dependencies)
    .map(([path, { version, integrity }]) => `${path} ${version} ${integrity}`)
    .sort(compareCodePoints);
  const digest = createHash('sha256')
    .update([pin.content, ...contents].join('\n'))
    .digest('hex');
  return `${pin.version}-${digest.slice(0, 12)}`;
}

export function prefixOf(pluginsDir: string, name: string, pin: Pin): string {
  return below(versionsOf(pluginsDir, name), prefixName(pin));
}

/** Holds the prefixes of a plugin. */
export function versionsOf(pluginsDir: string, name: string): string {
  return below(pluginsDir, name);
}

export function packageIn(prefix: string, name: string): string {
  return below(prefix, 'node_modules', name);
}

/**
 * Whether there is a directory below a root, with nothing but directories on the way to it.
 * @throws WaitbusError WAITBUS_INSTALL_REFUSED for a link or a file in the place of one
 */
export function isDirectoryBelow(root: string, ...names: readonly string[]): boolean {
  const segments = names.flatMap((name) => name.split('/'));
  for (let count = 1; count <= segments.length; count += 1) {
    const path = below(root, ...segments.slice(0, count));
    const stat = lstatSync(path, { throwIfNoEntry: false });
    if (stat === undefined) return false;
    if (stat.isDirectory()) continue;
    const kind = stat.isSymbolicLink() ? 'a link' : 'no directory';
    throw new WaitbusError(
      'WAITBUS_INSTALL_REFUSED',
      `${path} is ${kind}; nothing is read, written or removed through it`,
      `See ls -ld ${shellWord(path)}, and remove it: rm ${shellWord(path)}`,
    );
  }
  return true;
}
