/**
 * Tells the bus what a hook has to say, without holding up the turn: a daemon that does not answer
 * at once finds it in the spool.
 */
import type { Envelope } from '@waitbus/plugin-sdk/envelope';
import { emit } from '../client/emit.js';
import { pathsOf, startDetached, type ReachOptions } from '../client/reach.js';
import { headBranch } from '../commands/git-head.js';
import { within } from '../run/within.js';
import { spoolEvents } from '../spool/spool.js';
import { uniqueKey } from '../spool/unique-key.js';

/** A daemon answers in a few milliseconds, a busy machine aside; one that does not hangs. */
const PATIENCE_MS = 1000;

/** @returns whether a daemon has them; else they are spooled, or lost with the disk */
export async function tell(events: readonly Envelope[], options: ReachOptions): Promise<boolean> {
  if (events.length === 0) return true;
  // Told twice, over the socket and in the spool, each counts once.
  const keyed = events.map((event) => ({
    ...event,
    delivery_id: event.delivery_id ?? uniqueKey(),
  }));
  const receipt = await within(PATIENCE_MS, emit(keyed, { ...options, autostart: false }));
  if (receipt === null) spoolEvents(pathsOf(options).spool, keyed, Date.now());
  return receipt !== null && receipt.spooled === null;
}

/** Adds the branch of the checkout that each event speaks of. */
export function withBranch(events: readonly Envelope[]): Envelope[] {
  const branches = new Map<string, string | null>();
  return events.map((event) => {
    const cwd = event.fields?.['cwd'];
    if (typeof cwd !== 'string') return event;
    if (!branches.has(cwd)) branches.set(cwd, headBranch(cwd));
    const branch = branches.get(cwd) ?? null;
    return branch === null ? event : { ...event, fields: { ...event.fields, head_branch: branch } };
  });
}

/** At the start of a session: a daemon for what comes, which nobody waits for. */
export function wakeDaemon(options: ReachOptions): void {
  const allowed = options.autostart ?? process.env['WAITBUS_NO_AUTOSTART'] !== '1';
  if (allowed) startDetached(pathsOf(options));
}
