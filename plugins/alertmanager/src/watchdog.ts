/**
 * What a dead man's switch is from one moment to the next, and the events of its changes. It should
 * fire for ever; each notification of it is a sign of life. Pure: knows no timers.
 */
import type { Fields, SourceEvent } from '@waitbus/plugin-sdk';
import { aboutOf, payloadOf } from './events.js';
import type { Alert, Group } from './notification.js';
import { cut, oneLine } from './text.js';

export interface Watchdog {
  /** What its last sign of life said of it; empty for the one that is expected and was never seen. */
  readonly about: Fields;
  /** Of the last sign of life, or since when it is expected. */
  readonly since: string;
  /** Names its absence; null while it is alive. */
  readonly absence: string | null;
  /** It is absent, and the event of that is not known to be stored. */
  readonly isUntold?: boolean;
}

export interface Change {
  readonly watchdog: Watchdog;
  /** null when nothing changed that anybody waits for. */
  readonly event: SourceEvent | null;
}

/** The key of the one that is expected though none was seen yet. */
export const EXPECTED = '';

/**
 * A sign of life.
 * @param absence of this one, or of the one that was expected
 */
export function alive(
  before: Watchdog | undefined,
  absence: string | null,
  { alert, group, now }: { alert: Alert; group: Group; now: string },
): Change {
  const { fingerprint, startsAt } = alert;
  const about = { alert_fingerprint: fingerprint, ...aboutOf(alert, group) };
  const watchdog = { about, since: now, absence: null };
  if (before !== undefined && absence === null) return { watchdog, event: null };
  const after = absence === null ? '' : `/after/${absence}`;
  const event = {
    ...common(`${fingerprint}/${startsAt ?? 'unknown'}${after}/alive`),
    ingest_method: 'webhook',
    summary: `${nameOf(about)} is alive${absence === null ? '' : ' again'}`,
    fields: { ...about, status: 'alive', conclusion: 'success' },
    payload: payloadOf(alert, group),
  };
  return { watchdog, event };
}

/** No sign of life came in time. To be kept before the event is stored, so that neither is lost. */
export function missed(before: Watchdog): Watchdog {
  return { ...before, absence: before.since, isUntold: true };
}

/** The event of one that was missed. */
export function silent(key: string, { about, since }: Watchdog, timeoutMs: number): SourceEvent {
  const shown = `${timeoutMs / 1000} s`;
  const isExpected = key === EXPECTED;
  return {
    ...common(`${isExpected ? 'expected' : key}/${since}/absent`),
    ingest_method: 'timer',
    summary: isExpected
      ? `no watchdog within ${shown}`
      : `${nameOf(about)} is absent: no sign of life for ${shown}`,
    fields: {
      ...(isExpected ? { labels: {} } : about),
      ...(isExpected ? {} : { last_seen_at: since }),
      status: 'absent',
      conclusion: 'failure',
      reason: isExpected ? 'never_seen' : 'silent',
    },
  };
}

/** Alertmanager says that it does not fire any more: whoever evaluates it is gone. */
export function ended(
  before: Watchdog | undefined,
  { alert, group, now }: { alert: Alert; group: Group; now: string },
): Change {
  if (before !== undefined && before.absence !== null) return { watchdog: before, event: null };
  const about = { alert_fingerprint: alert.fingerprint, ...aboutOf(alert, group) };
  const absence = alert.endsAt ?? now;
  const event = {
    ...common(`${alert.fingerprint}/${absence}/absent`),
    ingest_method: 'webhook',
    summary: `${nameOf(about)} is absent: it does not fire any more`,
    fields: {
      ...about,
      ...(before === undefined ? {} : { last_seen_at: before.since }),
      status: 'absent',
      conclusion: 'failure',
      reason: 'resolved',
    },
    payload: payloadOf(alert, group),
  };
  return { watchdog: { about, since: before?.since ?? now, absence }, event };
}

function common(name: string): Pick<SourceEvent, 'event_type' | 'delivery_id'> {
  return { event_type: 'prometheus_watchdog', delivery_id: `watchdog/${name}` };
}

function nameOf(about: Fields): string {
  const { alert_name: name, alert_fingerprint: fingerprint } = about;
  return cut(oneLine(typeof name === 'string' ? name : (fingerprint as string)), 200);
}
