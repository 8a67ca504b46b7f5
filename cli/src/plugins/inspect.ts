/**
 * Compares what is installed with its pin, byte for byte. Reads files, runs nothing, and says every
 * difference.
 */
import { existsSync } from 'node:fs';
import { asWaitbusError } from '@waitbus/plugin-sdk/envelope';
import {
  dependencyContents,
  dependencyReasons,
  lookAtPackage,
  trust,
  type Pin,
} from '@waitbus/plugin-sdk/lockfile';
import { isShortage } from '../host/shortage.js';
import { packageIn, prefixOf } from './layout.js';

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
