/**
 * What Alertmanager posts, version 4 of its webhook payload
 * (https://prometheus.io/docs/alerting/latest/configuration/#webhook_config), read with tolerance for
 * members that are missing. Pure.
 */
import { notJson } from '@waitbus/plugin-sdk';
import { z } from 'zod';
import { fingerprintOf } from './fingerprint.js';
import type { Labels } from './text.js';

export interface Alert {
  readonly status: 'firing' | 'resolved';
  readonly labels: Labels;
  readonly annotations: Labels;
  /** As Date writes it; null when the sender gave none, or Go's zero time. */
  readonly startsAt: string | null;
  readonly endsAt: string | null;
  readonly generatorUrl: string | null;
  readonly fingerprint: string;
}

/** What the alerts of a notification have in common. */
export interface Group {
  readonly receiver: string | null;
  readonly groupKey: string | null;
  readonly groupLabels: Labels;
  readonly externalUrl: string | null;
}

export interface Notification {
  readonly group: Group;
  readonly alerts: readonly Alert[];
  /** Alerts that `max_alerts` of the receiver left out. */
  readonly truncated: number;
  /** What is wrong with the alerts that are not among those above, one each. */
  readonly problems: readonly string[];
}

/** The body as a whole is none. */
export class Malformed extends Error {}

const text = z.string().nullish();

/** As a name it would be a prototype somewhere on its way. */
const PROTO = '__proto__';

const labels = z
  .record(z.string(), z.string())
  .nullish()
  .transform((all) => Object.fromEntries(Object.entries(all ?? {}).filter(([k]) => k !== PROTO)));

const time = text.transform((given, context) => {
  if (given === null || given === undefined || given === '') return null;
  const date = new Date(given);
  if (Number.isNaN(date.getTime()) || date.getUTCFullYear() > 9999) {
    context.addIssue({ code: 'custom', message: `${shown(given)} is not a time` });
    return z.NEVER;
  }
  return date.getUTCFullYear() <= 1 ? null : date.toISOString();
});

const ALERT = z.object({
  status: z.enum(['firing', 'resolved']).optional(),
  labels,
  annotations: labels,
  startsAt: time,
  endsAt: time,
  generatorURL: text,
  fingerprint: text,
});

const NOTIFICATION = z.object({
  version: z.literal('4', 'must be "4", the version that this source understands').optional(),
  status: z.enum(['firing', 'resolved']).optional(),
  receiver: text,
  groupKey: text,
  groupLabels: labels,
  externalURL: text,
  truncatedAlerts: z.number().int().nonnegative().nullish(),
  alerts: z.array(z.unknown()),
});

/** @throws Malformed with every problem, when it is no notification at all */
export function readNotification(body: Uint8Array): Notification {
  const parsed = NOTIFICATION.safeParse(parse(body));
  if (!parsed.success) throw new Malformed(problemsOf(parsed.error));
  const { receiver, groupKey, groupLabels, externalURL, truncatedAlerts, status } = parsed.data;
  const alerts: Alert[] = [];
  const problems: string[] = [];
  for (const [index, one] of parsed.data.alerts.entries()) {
    const alert = readAlert(one, status);
    if (typeof alert === 'string') problems.push(`alerts.${index}.${alert}`);
    else alerts.push(alert);
  }
  return {
    group: {
      receiver: receiver ?? null,
      groupKey: groupKey ?? null,
      groupLabels,
      externalUrl: externalURL ?? null,
    },
    alerts,
    truncated: truncatedAlerts ?? 0,
    problems,
  };
}

function parse(body: Uint8Array): unknown {
  let json: string;
  try {
    json = new TextDecoder('utf-8', { fatal: true }).decode(body);
  } catch {
    throw new Malformed('the body is not UTF-8');
  }
  try {
    return JSON.parse(json);
  } catch {
    throw new Malformed(`the body is ${notJson(json)}`);
  }
}

/** @returns the problem, when there is one */
function readAlert(value: unknown, groupStatus: Alert['status'] | undefined): Alert | string {
  const parsed = ALERT.safeParse(value);
  if (!parsed.success) return problemsOf(parsed.error);
  const { startsAt, endsAt, annotations, generatorURL, fingerprint, ...alert } = parsed.data;
  // A group is firing while one of its alerts is, so it tells nothing of one that says nothing.
  const status = alert.status ?? (groupStatus === 'resolved' ? groupStatus : undefined);
  if (status === undefined) return 'status: is missing';
  const isNamed = fingerprint !== null && fingerprint !== undefined && NAME.test(fingerprint);
  return {
    status,
    labels: alert.labels,
    annotations,
    startsAt,
    endsAt,
    generatorUrl: generatorURL ?? null,
    fingerprint: isNamed ? fingerprint : fingerprintOf(alert.labels),
  };
}

/** It becomes part of a delivery_id, whose length is limited. */
const NAME = /^[\w.-]{1,64}$/;

function problemsOf(error: z.ZodError): string {
  return error.issues
    .map(({ path, message }) => {
      const where = path.map(String).join('.');
      return where === '' ? `the body: ${message}` : `${where}: ${message}`;
    })
    .join('; ');
}

function shown(given: string): string {
  return JSON.stringify(given.length > 40 ? `${given.slice(0, 40)}...` : given);
}
