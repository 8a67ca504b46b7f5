/** The manifest of an installed package, if it is the one that its pin vouches for. */
import { lookAtManifest, type Pin } from '@waitbus/plugin-sdk/lockfile';
import { readPinnedManifest, type Manifest } from '@waitbus/plugin-sdk/manifest';
import { packageIn, prefixOf } from './layout.js';

/** @returns null when it is not installed, or its manifest is not the pinned one */
export async function pinnedManifest(
  pluginsDir: string,
  name: string,
  pin: Pin,
): Promise<Manifest | null> {
  try {
    const look = await lookAtManifest(packageIn(prefixOf(pluginsDir, name, pin), name));
    if (look.manifest !== pin.manifest) return null;
    return readPinnedManifest(look.packageJson);
  } catch {
    return null;
  }
}
