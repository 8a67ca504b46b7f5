/** The packages that a pin prescribes, as they were resolved when it was made: pure. */
import type { DependencyPin, Pin } from '@waitbus/plugin-sdk/lockfile';
import type { TreeEntry } from './tree.js';

/** What a pin prescribes, but for optional packages whose bytes it does not know. */
export function entriesOf(name: string, pin: Pin): TreeEntry[] {
  const root: TreeEntry = {
    path: `node_modules/${name}`,
    name,
    version: pin.version,
    integrity: pin.integrity,
    optional: false,
    installScript: false,
    platform: {},
  };
  const dependencies = Object.entries(pin.dependencies)
    .filter(([, { content }]) => content !== null)
    .map(([path, dependency]) => entryOf(path, dependency));
  return [root, ...dependencies];
}

function entryOf(path: string, { version, integrity, optional }: DependencyPin): TreeEntry {
  const alias = /^npm:(.+)@([^@]+)$/.exec(version);
  const own = path.slice(path.lastIndexOf('node_modules/') + 'node_modules/'.length);
  return {
    path,
    name: alias?.[1] ?? own,
    version: alias?.[2] ?? version,
    integrity,
    optional,
    installScript: false,
    platform: {},
  };
}
