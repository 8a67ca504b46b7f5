/**
 * Which firing of an alert a notification tells of. Alertmanager repeats a firing for as long as it
 * lasts, and each of several Alertmanagers tells of it in its own time, some only after another has
 * told of its end: that is one firing. An alert that fires again after it was resolved is another,
 * even with the same `startsAt`, as when Prometheus was cut off from Alertmanager for a while. Pure
 * but for what it remembers.
 */
import type { Json } from '@waitbus/plugin-sdk';
import type { Alert } from './notification.js';

/** The last firing of an alert with this fingerprint. */
interface Episode {
  /** As the first notification of it said; its events keep it. */
  readonly startsAt: string;
  /** When the firing before it was resolved, if that began at the same time; else null. */
  readonly after: string | null;
  /** When it was resolved; null while it fires. */
  readonly endsAt: string | null;
  /** Who told that it fires, by the external URL of each. */
  readonly by?: readonly string[];
  /** Who told of its end, and when the first did. */
  readonly endedBy?: readonly string[];
  readonly toldAt?: string;
}

const MOST = 4096;
/**
 * An Alertmanager that is cut off holds an alert as firing for its `resolve_timeout` of 5 minutes, and
 * tries to tell so for a `group_interval` of 5 minutes.
 */
export const LATE_MS = 10 * 60_000;

export class Episodes {
  /** By fingerprint; the one that was longest without a change comes first. */
  readonly #known: Map<string, Episode>;
  #isChanged = false;

  /** @param stored what `stored` was, in an earlier run */
  constructor(stored: Json | undefined) {
    this.#known = new Map(Object.entries((stored ?? {}) as unknown as Record<string, Episode>));
  }

  /**
   * The same for every notification of the same firing, or of the same end of it.
   * @param sender the external URL of the Alertmanager that tells
   * @returns null for what is over: a firing that is told late, or the end of an earlier one
   */
  keyOf(alert: Alert, sender: string, now: string): string | null {
    const next = nextOf(this.#known.get(alert.fingerprint), alert, sender, now);
    if (next === null || (alert.status === 'firing' && next.endsAt !== null)) return null;
    const again = next.after === null ? '' : `/after/${next.after}`;
    return `alert/${alert.fingerprint}/${next.startsAt}${again}/${alert.status}`;
  }

  /** To be called once the event with its key is stored: a later notification builds on it. */
  note(alert: Alert, sender: string, now: string): void {
    const before = this.#known.get(alert.fingerprint);
    const next = nextOf(before, alert, sender, now);
    if (next === null || next === before) return;
    this.#isChanged = true;
    this.#known.delete(alert.fingerprint);
    this.#known.set(alert.fingerprint, next);
    const [oldest] = this.#known.keys();
    if (this.#known.size > MOST && oldest !== undefined) this.#known.delete(oldest);
  }

  /** Hands over what is to be stored, if that changed since it was stored last. */
  save(store: (value: Json) => void): void {
    if (!this.#isChanged) return;
    store(Object.fromEntries(this.#known) as unknown as Json);
    this.#isChanged = false;
  }
}

/** @returns null for the end of an earlier one */
function nextOf(
  known: Episode | undefined,
  { status, startsAt, endsAt }: Alert,
  sender: string,
  now: string,
): Episode | null {
  const start = startsAt ?? 'unknown';
  if (status === 'firing') {
    if (known === undefined) return begun(start, null, sender);
    return isOfOpen(known, start, sender) || isLate(known, start, sender, now)
      ? withSender(known, 'by', sender)
      : begun(start, known.startsAt === start ? known.endsAt : null, sender);
  }
  const end = { endsAt: endsAt ?? now, endedBy: [sender], toldAt: now };
  if (known === undefined) return { ...begun(start, null, sender), ...end };
  if (known.endsAt === null) return isBefore(known, endsAt) ? null : { ...known, ...end };
  const isSame = known.startsAt === start || millis(start) <= millis(known.endsAt);
  if (isSame) return withSender(known, 'endedBy', sender);
  return { ...begun(start, null, sender), ...end };
}

function begun(startsAt: string, after: string | null, sender: string): Episode {
  return { startsAt, after, endsAt: null, by: [sender] };
}

/** One that fires still: two who saw it begin apart, or who merged what two Prometheus told. */
function isOfOpen({ startsAt, endsAt, by = [] }: Episode, start: string, sender: string): boolean {
  if (endsAt !== null) return false;
  if (startsAt === start || start === 'unknown' || startsAt === 'unknown') return true;
  const later = millis(start) - millis(startsAt);
  // Who told of it already moves its start back only: one that is later is another firing.
  return later <= 0 || (later <= LATE_MS && !by.includes(sender));
}

/** Over by the word of another, whose end this sender has not told. */
function isLate(known: Episode, start: string, sender: string, now: string): boolean {
  const { endsAt, endedBy = [sender], toldAt } = known;
  if (endsAt === null || endedBy.includes(sender) || toldAt === undefined) return false;
  const isOfIt = start === known.startsAt || millis(start) <= millis(endsAt);
  return isOfIt && millis(now) - millis(toldAt) <= LATE_MS;
}

/** The end of what was over before this one began. */
function isBefore({ startsAt, after }: Episode, endsAt: string | null): boolean {
  if (endsAt === null) return false;
  const end = millis(endsAt);
  return end < millis(startsAt) || (after !== null && end <= millis(after));
}

function withSender(episode: Episode, list: 'by' | 'endedBy', sender: string): Episode {
  const before = episode[list] ?? [];
  return before.includes(sender) ? episode : { ...episode, [list]: [...before, sender].slice(-8) };
}

/** NaN for one that is not known, which is neither before nor after any. */
function millis(time: string): number {
  return Date.parse(time);
}
