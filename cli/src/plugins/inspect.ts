/**
 * Compares what is installed with its pin, byte for byte. Reads files, runs nothing, and says every
 * difference.
 */
import { readdirSync, readFileSync } from 'node:fs';
import { asWaitbusError } from '@waitbus/plugin-sdk/envelope';
import {
  below,
  dependencyContents,
  dependencyReasons,
  lookAtPackage,
  trust,
  type Pin,
} from '@waitbus/plugin-sdk/lockfile';
import { isShortage } from '../host/shortage.js';
import { isDirectoryBelow, packageIn, PREFIX_PACKAGE, prefixName } from './layout.js';

export type Inspection =
  | { readonly state: 'intact' }
  | { readonly state: 'absent' }
  | { readonly state: 'changed'; readonly reasons: readonly string[] };

/** @param pluginsDir where added packages lie */
export function inspectPlugin(pluginsDir: string, name: string, pin: Pin): Promise<Inspection> {
  return inspectPrefix(pluginsDir, `${name}/${prefixName(pin)}`, name, pin);
}

/**
 * @param root the directory that is trusted to be where it is
 * @param path of the prefix below it; a link on the way is a change
 */
export async function inspectPrefix(
  root: string,
  path: string,
  name: string,
  pin: Pin,
): Promise<Inspection> {
  try {
    if (!isDirectoryBelow(root, path)) return { state: 'absent' };
    const prefix = below(root, path);
    const strays = straysIn(prefix);
    if (strays.length > 0) return { state: 'changed', reasons: strays };
    const directory = packageIn(prefix, name);
    isDirectoryBelow(prefix, 'node_modules', name);
    const look = await lookAtPackage(directory, 'all');
    const decision = trust(pin, look);
    const reasons = [
      ...(look.packageName === name ? [] : [`it is the package ${look.packageName}`]),
      ...(decision.verdict === 'changed' ? decision.reasons : []),
      ...dependencyReasons(pin, await dependencyContents(prefix, name)),
    ];
    return reasons.length === 0 ? { state: 'intact' } : { state: 'changed', reasons };
  } catch (error) {
    if (isShortage(error)) throw error;
    return { state: 'changed', reasons: [asWaitbusError(error).message] };
  }
}

/** A prefix is a directory with `node_modules`, a package.json that says nothing, and no more. */
function straysIn(prefix: string): string[] {
  return readdirSync(prefix, { withFileTypes: true }).flatMap((entry) => {
    if (entry.name === 'node_modules') {
      return entry.isDirectory() ? [] : ['its node_modules is no directory'];
    }
    if (entry.name !== 'package.json') return [`${JSON.stringify(entry.name)} lies beside it`];
    const isOurs =
      entry.isFile() && readFileSync(below(prefix, entry.name), 'utf8') === PREFIX_PACKAGE;
    return isOurs ? [] : ['the package.json beside it was changed'];
  });
}
