/**
 * Which firing of an alert a notification tells of. Alertmanager repeats a firing for as long as it
 * lasts, and that is one event; an alert that fires again after it was resolved is another, even
 * with the same `startsAt`, as when Prometheus was cut off from Alertmanager for a while. Pure but
 * for what it remembers.
 */
import type { Json } from '@waitbus/plugin-sdk';
import type { Alert } from './notification.js';

/** Of an alert with this fingerprint and start, since it was resolved at least once. */
interface Episode {
  readonly startsAt: string;
  /** When the firing before the present one was resolved; null for the first. */
  readonly after: string | null;
  /** When the present one was resolved; null while it fires. */
  readonly endsAt: string | null;
}

const MOST = 4096;

export class Episodes {
  /** By fingerprint; the one that was longest without a change comes first. */
  readonly #known: Map<string, Episode>;
  #isChanged = false;

  /** @param stored what `stored` was, in an earlier run */
  constructor(stored: Json | undefined) {
    this.#known = new Map(Object.entries((stored ?? {}) as unknown as Record<string, Episode>));
  }

  /** The same for every notification of the same firing, or of the same end of it. */
  keyOf(alert: Alert, now: string): string {
    const { after } = this.#next(alert, now);
    const start = alert.startsAt ?? 'unknown';
    const again = after === null ? '' : `/after/${after}`;
    return `alert/${alert.fingerprint}/${start}${again}/${alert.status}`;
  }

  /** To be called once the event with its key is stored: a later notification builds on it. */
  note(alert: Alert, now: string): void {
    const before = this.#known.get(alert.fingerprint);
    const next = this.#next(alert, now);
    if (next === before) return;
    const isWorthKeeping = next.after !== null || next.endsAt !== null;
    if (before === undefined && !isWorthKeeping) return;
    this.#isChanged = true;
    this.#known.delete(alert.fingerprint);
    if (isWorthKeeping) this.#known.set(alert.fingerprint, next);
    const [oldest] = this.#known.keys();
    if (this.#known.size > MOST && oldest !== undefined) this.#known.delete(oldest);
  }

  /** Hands over what is to be stored, if that changed since it was stored last. */
  save(store: (value: Json) => void): void {
    if (!this.#isChanged) return;
    store(Object.fromEntries(this.#known) as unknown as Json);
    this.#isChanged = false;
  }

  #next({ fingerprint, startsAt, status, endsAt }: Alert, now: string): Episode {
    const known = this.#known.get(fingerprint);
    const start = startsAt ?? 'unknown';
    const present =
      known?.startsAt === start ? known : { startsAt: start, after: null, endsAt: null };
    if (status === 'resolved') {
      return present.endsAt === null ? { ...present, endsAt: endsAt ?? now } : present;
    }
    return present.endsAt === null ? present : { ...present, after: present.endsAt, endsAt: null };
  }
}
