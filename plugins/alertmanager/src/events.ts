/** The event types, the schemas of their fields, and an alert as an event. Pure. */
import type { Fields, Json, SourceEvent } from '@waitbus/plugin-sdk';
import { z } from 'zod';
import type { Alert, Group } from './notification.js';
import { cut, fittingLabels, oneLine } from './text.js';

const name = z.string().min(1);
const time = z.iso.datetime();

/** What is said of an alert in both event types. */
const about = {
  alert_name: name.optional(),
  alert_severity: name.optional(),
  receiver: name.optional(),
  starts_at: time.optional(),
  generator_url: name.optional(),
  labels: z.record(z.string(), z.string()),
  labels_omitted: z.int().positive().optional(),
};

export const EVENTS = {
  prometheus_alert: z.strictObject({
    ...about,
    status: z.enum(['firing', 'resolved']),
    conclusion: z.enum(['failure', 'success']),
    alert_fingerprint: name,
    ends_at: time.optional(),
  }),
  prometheus_watchdog: z.strictObject({
    ...about,
    status: z.enum(['alive', 'absent']),
    conclusion: z.enum(['failure', 'success']),
    alert_fingerprint: name.optional(),
    reason: z.enum(['silent', 'resolved', 'never_seen']).optional(),
    last_seen_at: time.optional(),
  }),
} as const;

const MOST_OF_A_NAME = 512;
const MOST_OF_A_URL = 4096;
const MOST_OF_A_PAYLOAD = 9 * 1024 * 1024;
const MOST_OF_A_GROUP = 16_384;

/** @param deliveryId names the firing, or the end of one */
export function toAlertEvent(alert: Alert, group: Group, deliveryId: string): SourceEvent {
  const { status, fingerprint, endsAt } = alert;
  return {
    event_type: 'prometheus_alert',
    delivery_id: deliveryId,
    ingest_method: 'webhook',
    summary: summaryOf(alert),
    fields: {
      status,
      conclusion: status === 'firing' ? 'failure' : 'success',
      alert_fingerprint: fingerprint,
      ...aboutOf(alert, group),
      ...(status === 'resolved' && endsAt !== null ? { ends_at: endsAt } : {}),
    },
    payload: payloadOf(alert, group),
  };
}

/** What both event types say of an alert; what would not fit into a frame is left out. */
export function aboutOf({ labels, startsAt, generatorUrl }: Alert, { receiver }: Group): Fields {
  const { labels: fitting, omitted } = fittingLabels(labels);
  const url = generatorUrl !== null && generatorUrl.length <= MOST_OF_A_URL ? generatorUrl : null;
  return present({
    alert_name: shortened(labels['alertname']),
    alert_severity: shortened(labels['severity']),
    receiver: shortened(receiver),
    starts_at: startsAt,
    generator_url: url,
    labels: fitting,
    labels_omitted: omitted === 0 ? null : omitted,
  });
}

/** The alert as it came, with what its group says. */
export function payloadOf(alert: Alert, group: Group): Json {
  const json = (value: unknown) => Buffer.byteLength(JSON.stringify(value));
  const { labels, annotations } = alert;
  const whole = { ...alert, group: json(group) <= MOST_OF_A_GROUP ? { ...group } : null };
  if (json(whole) <= MOST_OF_A_PAYLOAD) return whole;
  const omitted = `labels and annotations have ${json({ labels, annotations })} bytes`;
  return { ...whole, labels: {}, annotations: {}, omitted };
}

function summaryOf({ status, labels, annotations, fingerprint }: Alert): string {
  const { alertname = fingerprint, severity } = labels;
  const told = oneLine(annotations['summary'] ?? annotations['description'] ?? '');
  const what = severity === undefined ? alertname : `${alertname} (${severity})`;
  return cut(`${status}: ${oneLine(what)}${told === '' ? '' : `: ${told}`}`, 400);
}

function shortened(text: string | null | undefined): string | null {
  return text === null || text === undefined ? null : cut(text, MOST_OF_A_NAME);
}

/** A missing key never matches; null would match null. Alertmanager writes '' for what it lacks. */
function present(fields: Fields): Fields {
  const isThere = (value: Json) => value !== null && value !== '';
  return Object.fromEntries(Object.entries(fields).filter(([, value]) => isThere(value)));
}
