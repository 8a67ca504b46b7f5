/**
 * Fetches the tarballs of a tree, checks each against its sha512, and lays them into a prefix as
 * they were resolved. The one way in which packages come onto the disk, for a first install as for
 * what a lock prescribes.
 */
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { WaitbusError } from '@waitbus/plugin-sdk/envelope';
import { below } from '@waitbus/plugin-sdk/lockfile';
import { UsageError } from '../terminal/exit.js';
import { npm } from './npm.js';
import type { Spec } from './spec.js';
import type { Staging } from './staging.js';
import type { TreeEntry } from './tree.js';
import { integrityOf, unpack, unpackable, WHOLE_ROOM } from './unpack.js';

/** Specs that one npm is given. */
const AT_ONCE = 40;

/** Tarballs at hand, by their integrity. */
export type Tarballs = Map<string, string>;

/**
 * @param entries what is to be laid, those for other platforms left out
 * @param atHand need not be fetched
 * @throws WaitbusError WAITBUS_PIN_MISMATCH when a tarball is not the one that was resolved
 */
export async function lay(
  staging: Staging,
  entries: readonly TreeEntry[],
  atHand: Tarballs,
): Promise<void> {
  const tarballs = new Map([
    ...atHand,
    ...(await fetchTarballs(staging, missing(entries, atHand))),
  ]);
  let room = WHOLE_ROOM;
  // A package before what is nested in it: its tarball may bring some of that.
  for (const entry of [...entries].sort((a, b) => a.path.length - b.path.length)) {
    const place = below(staging.prefix, entry.path);
    if (entry.integrity === null) {
      if (existsSync(join(place, 'package.json'))) continue;
      throw refuse(`${entry.path} is said to be bundled, and is not there`);
    }
    const tarball = tarballs.get(entry.integrity);
    if (tarball === undefined) {
      throw new WaitbusError(
        'WAITBUS_PIN_MISMATCH',
        `the registry has other bytes for ${entry.name}@${entry.version} than ${entry.integrity}`,
      );
    }
    if (existsSync(place)) throw refuse(`${entry.path} is there twice`);
    room = await unpack(tarball, place, room);
  }
}

/** Tarballs that the user has, checked to be some. */
export async function tarballsAt(specs: readonly Spec[]): Promise<Tarballs> {
  const found: Tarballs = new Map();
  for (const spec of specs) {
    if (spec.kind !== 'tarball') throw new UsageError('only tarballs can be given: ./file.tgz');
    await unpackable(spec.path);
    found.set(integrityOf(spec.path), spec.path);
  }
  return found;
}

function missing(entries: readonly TreeEntry[], atHand: Tarballs): string[] {
  const wanted = entries.filter(({ integrity }) => integrity !== null && !atHand.has(integrity));
  return [...new Set(wanted.map(({ name, version }) => `${name}@${version}`))];
}

async function fetchTarballs(staging: Staging, specs: readonly string[]): Promise<Tarballs> {
  const found: Tarballs = new Map();
  for (let at = 0; at < specs.length; at += AT_ONCE) {
    const some = specs.slice(at, at + AT_ONCE);
    for (const tarball of await pack(staging, some)) found.set(integrityOf(tarball), tarball);
  }
  return found;
}

/** `npm pack`: of a spec of the registry the tarball itself, of a directory one that is made. */
export async function pack(staging: Staging, specs: readonly string[]): Promise<string[]> {
  const packed = await npm(
    ['pack', `--pack-destination=${staging.tarballs}`, '--', ...specs],
    staging.directory,
  );
  return (packed as { filename: string }[]).map(({ filename }) =>
    // Older npm prints the name of a scoped package where the file's name belongs.
    below(staging.tarballs, filename.replace(/^@/, '').replace('/', '-')),
  );
}

function refuse(problem: string): WaitbusError {
  return new WaitbusError('WAITBUS_INSTALL_REFUSED', problem);
}
