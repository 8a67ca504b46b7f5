/** The secrets that an installed package asks for, by the manifest that its pin vouches for. */
import { lookAtManifest, type Pin } from '@waitbus/plugin-sdk/lockfile';
import { packageSecrets, readPinnedManifest } from '@waitbus/plugin-sdk/manifest';
import { packageIn, prefixOf } from './layout.js';

/** @returns null when it is not installed, or its manifest is not the pinned one */
export async function secretsOf(
  pluginsDir: string,
  name: string,
  pin: Pin,
): Promise<readonly string[] | null> {
  try {
    const look = await lookAtManifest(packageIn(prefixOf(pluginsDir, name, pin), name));
    if (look.manifest !== pin.manifest) return null;
    return packageSecrets(readPinnedManifest(look.packageJson));
  } catch {
    return null;
  }
}
