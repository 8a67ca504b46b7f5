/**
 * Runs the source on a hand-made ctx with a real webhook and a real state directory. Stands in for
 * the store: a delivery_id is stored once, and a test says when storing fails.
 */
import assert from 'node:assert/strict';
import { createHmac } from 'node:crypto';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { TestContext } from 'node:test';
import { checkEnvelope, type SourceContext, type SourceEvent } from '@waitbus/plugin-sdk';
import { openSourceState } from '../../../plugin-sdk/src/child/source-state.js';
import { openWebhook } from '../../../plugin-sdk/src/webhook/open.js';
import { CONFIG, type AlertmanagerConfig } from '../src/config.js';
import { EVENTS } from '../src/events.js';
import source from '../src/index.js';

export const SECRET = 'shared by both';

/** What outlives a run of the source: the store and the state directory. */
export class Machine {
  readonly events: SourceEvent[] = [];
  readonly stateDir: string;
  /** Throws to refuse an event. */
  admit: (event: SourceEvent) => void | Promise<void> = () => undefined;
  readonly #ids = new Set<string>();
  readonly #watchers = new Set<() => void>();

  constructor(t: TestContext) {
    this.stateDir = mkdtempSync(join(tmpdir(), 'waitbus-alertmanager-'));
    t.after(() => rmSync(this.stateDir, { recursive: true, force: true }));
  }

  async emit(event: SourceEvent): Promise<{ event_id: string; inserted: boolean }> {
    checkEnvelope({ ...event, source: 'alertmanager' });
    EVENTS[event.event_type as keyof typeof EVENTS].parse(event.fields);
    const id = event.delivery_id;
    assert.ok(id);
    await this.admit(event);
    if (this.#ids.has(id)) return { event_id: id, inserted: false };
    this.#ids.add(id);
    this.events.push(event);
    for (const watcher of [...this.#watchers]) watcher();
    return { event_id: id, inserted: true };
  }

  /** Resolves with the first event, past or to come, that satisfies `test`. */
  until(test: (event: SourceEvent) => boolean): Promise<SourceEvent> {
    return new Promise((resolve) => {
      const look = () => {
        const found = this.events.find(test);
        if (found === undefined) return;
        this.#watchers.delete(look);
        resolve(found);
      };
      this.#watchers.add(look);
      look();
    });
  }

  /** `NAME STATUS` of every event, in order. */
  get story(): readonly string[] {
    return this.events.map(({ fields = {} }) => {
      const { alert_name: name = '-', status } = fields;
      return `${name as string} ${status as string}`;
    });
  }
}

export interface Run {
  readonly failures: readonly { readonly message: string; readonly remedy: string | undefined }[];
  readonly logs: readonly string[];
  readonly descriptions: readonly string[];
  stop(): void;
  /** Posts with the right secret unless `headers` says otherwise. */
  post(path: string, body: unknown, headers?: Record<string, string>): Promise<Answer>;
}

export interface Answer {
  readonly status: number;
  readonly body: { readonly error?: { readonly code: string; readonly message: string } };
}

export async function startSource(t: TestContext, machine: Machine, config = {}): Promise<Run> {
  const stopping = new AbortController();
  t.after(() => stopping.abort());
  const failures: { message: string; remedy: string | undefined }[] = [];
  const logs: string[] = [];
  const descriptions: string[] = [];
  const log = (message: string): void => void logs.push(message);
  const fail = (error: Error, remedy?: string) =>
    void failures.push({ message: error.message, remedy });
  const logging = { debug: log, info: log, warn: log, error: log };
  let url = '';
  const ctx: SourceContext<AlertmanagerConfig> = {
    emit: (event) => machine.emit(event),
    config: CONFIG.parse({ port: 0, ...config }),
    watchRoots: () => undefined,
    watchWaiters: () => undefined,
    checkWaits: () => undefined,
    recheckWaits: () => undefined,
    note: () => undefined,
    describe: (detail) => void descriptions.push(detail),
    roots: [],
    cwd: null,
    secret: () => SECRET,
    webhook: async (options) => {
      const webhook = await openWebhook(options, { log: logging, signal: stopping.signal, fail });
      url = webhook.url;
      return webhook;
    },
    state: openSourceState(machine.stateDir),
    log: logging,
    signal: stopping.signal,
    ready: () => undefined,
    fail,
  };
  await source.start(ctx);
  return {
    failures,
    logs,
    descriptions,
    stop: () => stopping.abort(),
    async post(path, body, headers = BEARER) {
      const answer = await fetch(url + path, {
        method: 'POST',
        headers: { 'content-type': 'application/json', ...headers },
        body: typeof body === 'string' || body instanceof Buffer ? body : JSON.stringify(body),
      });
      return { status: answer.status, body: (await answer.json()) as Answer['body'] };
    },
  };
}

export const BEARER = { authorization: `Bearer ${SECRET}` };

export function signed(body: string, secret = SECRET): Record<string, string> {
  const digest = createHmac('sha256', secret).update(body).digest('hex');
  return { 'x-waitbus-signature': `sha256=${digest}` };
}

export const START = '2026-03-01T10:00:00.000Z';

/** As Alertmanager sends it. */
export function alert(alertname: string, more: object = {}): object {
  return {
    status: 'firing',
    labels: { alertname, severity: 'critical' },
    annotations: { summary: `${alertname} happened` },
    startsAt: START,
    endsAt: '0001-01-01T00:00:00Z',
    generatorURL: '',
    ...more,
  };
}

export const resolved = (alertname: string, endsAt: string) =>
  alert(alertname, { status: 'resolved', endsAt });

export function notification(...alerts: readonly unknown[]): object {
  return {
    version: '4',
    groupKey: '{}:{}',
    truncatedAlerts: 0,
    status: 'firing',
    receiver: 'waitbus',
    groupLabels: {},
    commonLabels: {},
    commonAnnotations: {},
    externalURL: 'http://alertmanager.test',
    alerts,
  };
}
