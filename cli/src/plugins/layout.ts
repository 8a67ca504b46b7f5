/**
 * Where an added package lies: `plugins/<name>/<version>-<12 hex of its bytes>/`, a prefix of its
 * own with the package and its dependencies in one node_modules. Pure: the pin alone says where, so
 * a prefix never changes its content and two versions lie side by side.
 */
import { createHash } from 'node:crypto';
import { join } from 'node:path';
import { compareCodePoints, type Pin } from '@waitbus/plugin-sdk/lockfile';

/** Holds what is being installed; never looked into for sources. */
export const STAGING = '.staging';

/** The package.json of a prefix, which is no package of anybody's. */
export const PREFIX_PACKAGE = `${JSON.stringify(
  { name: 'waitbus-staging', version: '0.0.0', private: true },
  null,
  2,
)}\n`;

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
  return join(pluginsDir, name, prefixName(pin));
}

export function packageIn(prefix: string, name: string): string {
  return join(prefix, 'node_modules', name);
}
