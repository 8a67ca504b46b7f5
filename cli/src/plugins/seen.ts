/**
 * The bytes under which each version was seen in a registry, kept when its pin goes: who removes a
 * package, updates it and comes back is not given others under the old number.
 */
import { join } from 'node:path';
import { shellWord, WaitbusError } from '@waitbus/plugin-sdk/envelope';
import type { Pin } from '@waitbus/plugin-sdk/lockfile';
import { replaceFile, textOf } from './lock-store.js';
import { entriesOf } from './restore-entries.js';

/** By `name@version` the sha512 of the tarball. */
type Seen = Readonly<Record<string, string>>;

/** @throws WaitbusError WAITBUS_PIN_MISMATCH for a version that was seen with other bytes */
export function checkSeen(pluginsDir: string, name: string, pin: Pin): void {
  const seen = readSeen(pluginsDir);
  const others = integrities(name, pin).filter(
    ([key, integrity]) => Object.hasOwn(seen, key) && seen[key] !== integrity,
  );
  if (others.length === 0) return;
  throw new WaitbusError(
    'WAITBUS_PIN_MISMATCH',
    `${others.map(([key]) => key).join(', ')} had other bytes when it was seen before; it was not installed`,
    'Ask its author why the bytes of a published version changed.',
  );
}

/** To be called while no other command installs. */
export function rememberSeen(pluginsDir: string, name: string, pin: Pin): void {
  const before = readSeen(pluginsDir);
  const after = Object.fromEntries(
    Object.entries({ ...Object.fromEntries(integrities(name, pin)), ...before }).sort(),
  );
  const text = `${JSON.stringify(after, null, 2)}\n`;
  if (text !== textOf(fileIn(pluginsDir))) replaceFile(fileIn(pluginsDir), text);
}

/** What a registry vouched for: the bytes of a file of the user's may change under one number. */
function integrities(name: string, pin: Pin): [string, string][] {
  return entriesOf(name, pin).flatMap((entry): [string, string][] => {
    if (entry.integrity === null) return [];
    if (entry.path === `node_modules/${name}` && pin.origin !== 'registry') return [];
    return [[`${entry.name}@${entry.version}`, entry.integrity]];
  });
}

function readSeen(pluginsDir: string): Seen {
  const file = fileIn(pluginsDir);
  const text = textOf(file);
  if (text === null) return {};
  try {
    const data: unknown = JSON.parse(text);
    const entries = Object.entries(Object(data) as object);
    if (entries.every(([, value]) => typeof value === 'string')) return Object.fromEntries(entries);
  } catch {
    // As a file with anything else in it.
  }
  throw new WaitbusError(
    'WAITBUS_PIN_MISMATCH',
    `${file} is damaged: it tells no more which bytes were seen`,
    `Move it away, and what is added next counts as seen first: mv ${shellWord(file)} ${shellWord(`${file}.damaged`)}`,
  );
}

function fileIn(pluginsDir: string): string {
  return join(pluginsDir, '.seen.json');
}
