/** Whether a package of the tree is for this machine: pure but for the facts about the machine. */
// The package brings no types; a program that compiles this file from elsewhere must find ours.
// eslint-disable-next-line @typescript-eslint/triple-slash-reference
/// <reference path="./npm-install-checks.d.ts" preserve="true" />
import { checkPlatform } from 'npm-install-checks';
import { WaitbusError } from '@waitbus/plugin-sdk/envelope';
import type { TreeEntry } from './tree.js';

/** @throws WaitbusError WAITBUS_ENGINE_MISMATCH when it cannot do without one that is not */
export function runsHere(entry: TreeEntry): boolean {
  try {
    checkPlatform({ _id: `${entry.name}@${entry.version}`, ...entry.platform });
    return true;
  } catch {
    if (entry.optional) return false;
    const wants = [...(entry.platform.os ?? []), ...(entry.platform.cpu ?? [])].join(', ');
    throw new WaitbusError(
      'WAITBUS_ENGINE_MISMATCH',
      `${entry.name} ${entry.version} is for ${wants}, this is ${process.platform}, ${process.arch}`,
    );
  }
}
