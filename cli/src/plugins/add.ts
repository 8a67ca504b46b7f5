/** Adds a package or replaces its version: resolve, ask, and make it visible. */
import { EMPTY_LOCKFILE, type Pin } from '@waitbus/plugin-sdk/lockfile';
import type { Paths } from '../paths.js';
import { admit, recheck, type Consent, type Versions, type View } from './admit.js';
import { resolveCandidate } from './candidate.js';
import { pinnedManifest } from './pinned-manifest.js';
import { place, prune, withPin } from './commit.js';
import type { Evidence } from './evidence.js';
import { exclusively, readLockfile } from './lock-store.js';
import { checkSeen, rememberSeen } from './seen.js';
import type { Spec } from './spec.js';
import { openStaging } from './staging.js';

export interface AddOptions {
  readonly paths: Paths;
  readonly lockfile: string;
  readonly versions: Versions;
  readonly consent: Consent;
  readonly evidence: Evidence;
  readonly view: View;
  readonly progress: (line: string) => void;
}

export interface Added {
  readonly name: string;
  readonly pin: Pin;
  /** What was pinned before: null at first use. */
  readonly before: Pin | null;
}

/** @throws WaitbusError when it cannot be had, may not be pinned, or nobody agreed */
export async function addPlugin(spec: Spec, options: AddOptions): Promise<Added> {
  const { paths, lockfile, progress } = options;
  // A lock that cannot be read is said before anything is fetched.
  readLockfile(lockfile);
  using staging = openStaging(paths.plugins);
  const now = `${new Date().toISOString().slice(0, 19)}Z`;
  const { evidence } = options;
  const candidate = await resolveCandidate(spec, { staging, evidence, now, progress });
  const { name } = candidate;
  checkSeen(paths.plugins, name, candidate.pin);
  const asked = readLockfile(lockfile) ?? EMPTY_LOCKFILE;
  const { consent, versions, view } = options;
  const agreed = await admit(candidate, asked, consent, versions, view, (pinnedName, pin) =>
    pinnedManifest(paths.plugins, pinnedName, pin),
  );
  const waiting = () => progress('waiting for another waitbus plugin command');
  // Awaited here: the staging place goes when this function returns.
  return await exclusively(paths, lockfile, waiting, async (change) => {
    const current = readLockfile(lockfile) ?? EMPTY_LOCKFILE;
    recheck(candidate, asked, current);
    const before = Object.hasOwn(current.plugins, name) ? (current.plugins[name] ?? null) : null;
    const pin = agreed ?? before ?? candidate.pin;
    await place(paths.plugins, name, pin, staging);
    rememberSeen(paths.plugins, name, pin);
    if (agreed !== null) change((lock) => withPin(lock, name, pin));
    prune(paths, name, [pin, before]);
    return { name, pin, before };
  });
}
