/**
 * Whether a candidate may be pinned: the names it claims, the versions it is for, what it was pinned
 * as before, and the user's word. Decides; changes nothing.
 */
import { WaitbusError } from '@waitbus/plugin-sdk/envelope';
import {
  decideUpdate,
  withKnownContents,
  type Lockfile,
  type Pin,
} from '@waitbus/plugin-sdk/lockfile';
import { declaredChanges, type Manifest } from '@waitbus/plugin-sdk/manifest';
import lt from 'semver/functions/lt.js';
import satisfies from 'semver/functions/satisfies.js';
import type { Candidate } from './candidate.js';
import { conflictsOf, describeConflict } from './reserved.js';

export interface Consent {
  /** `--yes` was given, for this package. */
  readonly yes: boolean;
  /** `--frozen`: nothing that is not committed. */
  readonly frozen: boolean;
  /** `plugin trust --replace-publisher`. */
  readonly replacePublisher: boolean;
  /** Shows what would be pinned, and why it is asked. */
  readonly show: (text: readonly string[]) => void;
  /** Asks the person at the terminal; null when there is nobody to ask. */
  readonly ask: ((question: string) => Promise<boolean>) | null;
}

export interface Versions {
  readonly waitbus: string;
  readonly node: string;
}

/** The manifest of a pinned package, or null when it is not at hand. */
export type PinnedManifest = (name: string, pin: Pin) => Promise<Manifest | null>;

/** What is shown of a candidate, in the words of the manifest. */
export type View = (candidate: Candidate) => readonly string[];

/**
 * @returns the pin to write, or null when the lock says the same already
 * @throws WaitbusError when it may not be pinned, or nobody agreed
 */
export async function admit(
  candidate: Candidate,
  lock: Lockfile,
  consent: Consent,
  versions: Versions,
  view: View,
  manifestOf: PinnedManifest,
): Promise<Pin | null> {
  checkEngines(candidate, versions);
  checkNames(candidate, lock);
  const { name, pin } = candidate;
  const pinned = Object.hasOwn(lock.plugins, name) ? lock.plugins[name] : undefined;
  if (pinned === undefined) {
    consent.show(view(candidate));
    await agree(consent, name, 'it is not pinned yet', `Pin ${name} and let it run?`);
    return pin;
  }
  const next = withKnownContents(pinned, { ...pin, firstPinnedAt: pinned.firstPinnedAt });
  const before =
    pinned.manifest === next.manifest ? candidate.manifest : await manifestOf(name, pinned);
  const declared = declaredChanges(before, candidate.manifest);
  const more = [...older(pinned, next), ...declared.more];
  const update = decideUpdate(pinned, next, consent.replacePublisher, { ...declared, more });
  switch (update.verdict) {
    case 'same':
      return null;
    case 'refuse':
      throw refused(name, pinned, next, update.why, update.reasons);
    case 'accept':
      consent.show([`${name}: what changes`, ...update.changes.map((line) => `  ${line}`)]);
      if (consent.frozen) throw missing(name, `${pinned.version} is pinned, this is another`);
      return next;
    case 'ask':
      consent.show([
        `${name}: what changes`,
        ...update.changes.map((line) => `  ${line}`),
        `${name} ${next.version} asks for more than was agreed to:`,
        ...update.more.map((line) => `  ${line}`),
      ]);
      await agree(consent, name, update.more.join('; '), `Agree, and pin ${name} ${next.version}?`);
      return next;
  }
}

/**
 * Another command may have changed the lock while the person was asked.
 * @throws WaitbusError when what was agreed to no longer stands
 */
export function recheck(candidate: Candidate, asked: Lockfile, now: Lockfile): void {
  checkNames(candidate, now);
  const { name } = candidate;
  const pinIn = ({ plugins }: Lockfile) => (Object.hasOwn(plugins, name) ? plugins[name] : null);
  if (JSON.stringify(pinIn(asked)) === JSON.stringify(pinIn(now))) return;
  throw new WaitbusError(
    'WAITBUS_CONSENT_MISSING',
    `${name} was pinned anew by another command meanwhile; nothing was changed`,
    `Run waitbus plugin add ${name} again.`,
  );
}

/** An older version may have what a newer one mended. */
function older(pinned: Pin, next: Pin): string[] {
  if (!lt(next.version, pinned.version)) return [];
  return [`is older than ${pinned.version}, which is pinned`];
}

function checkEngines({ name, pin, manifest }: Candidate, versions: Versions): void {
  const { waitbusRange, nodeRange } = manifest;
  if (!satisfies(versions.waitbus, waitbusRange, { includePrerelease: true })) {
    throw new WaitbusError(
      'WAITBUS_ENGINE_MISMATCH',
      `${name} ${pin.version} needs waitbus ${waitbusRange}, this is ${versions.waitbus}`,
      `waitbus plugin add ${name}@VERSION installs another version; npm view ${name} versions lists them.`,
    );
  }
  if (
    nodeRange !== undefined &&
    !satisfies(versions.node, nodeRange, { includePrerelease: true })
  ) {
    throw new WaitbusError(
      'WAITBUS_ENGINE_MISMATCH',
      `${name} ${pin.version} needs Node ${nodeRange}, this is ${versions.node}`,
      'Run waitbus with a Node that it takes.',
    );
  }
}

function checkNames({ name, pin }: Candidate, lock: Lockfile): void {
  const conflicts = conflictsOf(name, pin.sources, lock);
  if (conflicts.length === 0) return;
  const owner = conflicts.find((conflict) => conflict.owner !== null)?.owner;
  throw new WaitbusError(
    'WAITBUS_NAME_CONFLICT',
    `${name} cannot be added: ${conflicts.map(describeConflict).join('; ')}`,
    owner === undefined || owner === null
      ? 'Its author must choose another name.'
      : `waitbus plugin remove ${owner} frees the name.`,
  );
}

async function agree(
  consent: Consent,
  name: string,
  reason: string,
  question: string,
): Promise<void> {
  if (consent.frozen) throw missing(name, reason);
  if (consent.yes) return;
  if (consent.ask === null) {
    throw new WaitbusError(
      'WAITBUS_CONSENT_MISSING',
      `${name} was not agreed to, and nobody can be asked here: ${reason}`,
      'Run the same command at a terminal, or with --yes once you have read what it shows.',
    );
  }
  if (!(await consent.ask(question))) {
    throw new WaitbusError(
      'WAITBUS_CONSENT_MISSING',
      `${name} was declined; nothing was changed`,
      '',
    );
  }
}

function missing(name: string, reason: string): WaitbusError {
  return new WaitbusError(
    'WAITBUS_CONSENT_MISSING',
    `${name} is not what the lock says, and --frozen changes nothing: ${reason}`,
    `Run waitbus plugin add ${name} at a terminal and commit plugins.lock.json.`,
  );
}

function refused(
  name: string,
  pinned: Pin,
  next: Pin,
  why: 'bytes' | 'publisher',
  reasons: readonly string[],
): WaitbusError {
  if (why === 'publisher') {
    return new WaitbusError(
      'WAITBUS_PUBLISHER_CHANGED',
      `${name}: ${reasons.join('; ')}`,
      `If you know why: waitbus plugin trust --replace-publisher ${name}@${next.version}`,
    );
  }
  return new WaitbusError(
    'WAITBUS_PIN_MISMATCH',
    `${name}: ${reasons.join('; ')}; it was not installed`,
    `${pinned.version} stays. Ask its author why the bytes of a published version changed.`,
  );
}
