/**
 * The environment that lets a program emit under an emit-only source, from the source's manifest:
 * `waitbus source env NAME`, and what `waitbus pytest` runs pytest with.
 */
import { delimiter, join } from 'node:path';
import { WaitbusError } from '@waitbus/plugin-sdk/envelope';
import type { ShellVariable } from '@waitbus/plugin-sdk/manifest';
import { takeInventory, verifyAgain, type InstalledSource } from '../host/inventory.js';
import { findInstallation } from '../installation.js';
import { resolvePaths } from '../paths.js';

/** @throws WaitbusError when the source is unknown, quarantined or declares no environment */
export async function shellEnvironment(
  name: string,
  env: NodeJS.ProcessEnv,
): Promise<Readonly<Record<string, string>>> {
  const source = await verifiedSource(name);
  const declared = Object.entries(source.manifest.shellEnv ?? {});
  if (declared.length === 0) {
    throw new WaitbusError(
      'WAITBUS_BAD_REQUEST',
      `source ${name} needs no environment`,
      `waitbus wait --source ${name} works as it is.`,
    );
  }
  return Object.fromEntries(
    declared.map(([key, how]) => [key, valueOf(how, env[key] ?? '', source.directory)]),
  );
}

async function verifiedSource(name: string): Promise<InstalledSource> {
  const installation = findInstallation();
  const paths = resolvePaths();
  const { sources } = await takeInventory(installation, paths);
  const source = sources.get(name);
  if (source === undefined) {
    const names = [...sources.keys()].sort().join(', ');
    throw new WaitbusError(
      'WAITBUS_UNKNOWN_SOURCE',
      `source ${name} is not installed; there are: ${names}`,
    );
  }
  const quarantine = source.quarantine ?? (await verifyAgain(installation, paths, source));
  if (quarantine !== null) {
    const { reason, remedy } = quarantine;
    throw new WaitbusError(
      'WAITBUS_PIN_MISMATCH',
      `source ${name} is quarantined: ${reason}`,
      remedy,
    );
  }
  return source;
}

/** Doing it twice changes nothing: a value that is there already is not added again. */
function valueOf(how: ShellVariable, present: string, directory: string): string {
  if ('value' in how) return how.value;
  if ('append' in how) {
    return present.includes(how.append) ? present : [present, how.append].filter(Boolean).join(' ');
  }
  const path = join(directory, how.prependPath);
  // An empty entry stands for the working directory; only an empty variable has none.
  const others = present === '' ? [] : present.split(delimiter).filter((entry) => entry !== path);
  return [path, ...others].join(delimiter);
}
