/**
 * Compares what is installed with its pin, byte for byte. Reads files, runs nothing, and says every
 * difference.
 */
import { existsSync, lstatSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { asWaitbusError } from '@waitbus/plugin-sdk/envelope';
import {
  dependencyContents,
  dependencyReasons,
  lookAtPackage,
  trust,
  type Pin,
} from '@waitbus/plugin-sdk/lockfile';
import { isShortage } from '../host/shortage.js';
import { packageIn, PREFIX_PACKAGE, prefixOf } from './layout.js';

export type Inspection =
  | { readonly state: 'intact' }
  | { readonly state: 'absent' }
  | { readonly state: 'changed'; readonly reasons: readonly string[] };

/** @param pluginsDir where added packages lie */
export function inspectPlugin(pluginsDir: string, name: string, pin: Pin): Promise<Inspection> {
  return inspectPrefix(prefixOf(pluginsDir, name, pin), name, pin);
}

export async function inspectPrefix(prefix: string, name: string, pin: Pin): Promise<Inspection> {
  const directory = packageIn(prefix, name);
  if (!existsSync(prefix)) return { state: 'absent' };
  try {
    const strays = straysIn(prefix);
    if (strays.length > 0) return { state: 'changed', reasons: strays };
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
  if (!lstatSync(prefix).isDirectory()) return [`${prefix} is a link`];
  return readdirSync(prefix, { withFileTypes: true }).flatMap((entry) => {
    if (entry.name === 'node_modules') {
      return entry.isDirectory() ? [] : ['its node_modules is no directory'];
    }
    if (entry.name !== 'package.json') return [`${JSON.stringify(entry.name)} lies beside it`];
    const isOurs =
      entry.isFile() && readFileSync(join(prefix, entry.name), 'utf8') === PREFIX_PACKAGE;
    return isOurs ? [] : ['the package.json beside it was changed'];
  });
}
