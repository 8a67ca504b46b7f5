/**
 * What a source says of its webhook, with the defaults filled in and everything checked before a
 * port is opened. Pure.
 */
import { BlockList, isIP } from 'node:net';
import { WaitbusError, type Json } from '../envelope/index.js';

export interface WebhookRequest {
  /** As the sender wrote it, without the query. */
  readonly path: string;
  readonly query: URLSearchParams;
  /** By lower-case name. One that was sent twice is joined by a comma. */
  readonly headers: Readonly<Record<string, string | undefined>>;
  /** The bytes as they came; what `verifyHmac` is to be given. */
  readonly body: Buffer;
}

export interface WebhookResponse {
  /** 200 to 599. */
  readonly status: number;
  /** A string is sent as text, anything else as JSON. */
  readonly body?: Json;
}

export interface WebhookRoute {
  /** Compared as it stands: no parameters and no wildcards. */
  readonly path: string;
  /** Default POST. */
  readonly method?: string;
  readonly handler: (request: WebhookRequest) => WebhookResponse | Promise<WebhookResponse>;
}

export interface WebhookOptions {
  /** 0 takes any that is free. */
  readonly port: number;
  /** Where the user sets the port, `sources.NAME.port` say: named when it is in use. */
  readonly setting?: string;
  /** By status: what mends a refusal, such as the command that sets the secret. Shown in `status`. */
  readonly remedies?: Readonly<Record<number, string>>;
  /** A loopback address. Default 127.0.0.1. */
  readonly host?: string;
  readonly routes: readonly WebhookRoute[];
  /** Host headers that are taken besides those of this machine, a tunnel's name say. */
  readonly hosts?: readonly string[];
  /** Most bytes of a body. Default 10 MiB. */
  readonly bodyLimit?: number;
  /** How long a request's headers may take. Default 10 s. */
  readonly headerTimeoutMs?: number;
  /** How long a request's body may take. Default 20 s. */
  readonly bodyTimeoutMs?: number;
  /** Most header lines of a request. Default 100. */
  readonly maxHeaders?: number;
  /** Connections beyond these are closed at once. Default 256. */
  readonly maxConnections?: number;
}

/** Where a webhook listens. */
export interface Webhook {
  readonly url: string;
  readonly port: number;
}

export type WebhookSettings = Required<WebhookOptions>;

const DEFAULTS = {
  host: '127.0.0.1',
  setting: '',
  remedies: {},
  hosts: [],
  bodyLimit: 10 * 1024 * 1024,
  headerTimeoutMs: 10_000,
  bodyTimeoutMs: 20_000,
  maxHeaders: 100,
  maxConnections: 256,
} as const;

const LOOPBACK = new BlockList();
LOOPBACK.addSubnet('127.0.0.0', 8, 'ipv4');
LOOPBACK.addAddress('::1', 'ipv6');

/** @throws WaitbusError WAITBUS_BAD_CONFIG with every problem */
export function settingsOf(options: WebhookOptions): WebhookSettings {
  const settings: WebhookSettings = { ...DEFAULTS, ...options };
  const problems = [...problemsOf(settings)];
  if (problems.length === 0) return settings;
  throw new WaitbusError('WAITBUS_BAD_CONFIG', 'webhook', undefined, { problems });
}

function* problemsOf(settings: WebhookSettings): Generator<string> {
  const { port, host, routes } = settings;
  if (!Number.isInteger(port) || port < 0 || port > 65_535) yield 'port: must be 0 to 65535';
  if (!isLoopback(host)) {
    yield `host: ${host} is not a loopback address; write 127.0.0.1 or ::1`;
  }
  for (const key of LIMITS) {
    if (!(Number.isInteger(settings[key]) && settings[key] > 0)) yield `${key}: must be over 0`;
  }
  if (routes.length === 0) yield 'routes: there is none';
  const seen = new Set<string>();
  for (const { path, method = 'POST' } of routes) {
    if (!/^\/[A-Za-z0-9._~/-]*$/.test(path)) yield `routes: ${path} is not a plain path`;
    if (!/^[A-Z]+$/.test(method)) yield `routes: ${method} is not a method in capital letters`;
    const route = `${method} ${path}`;
    if (seen.has(route)) yield `routes: ${route} is there twice`;
    seen.add(route);
  }
}

const LIMITS = [
  'bodyLimit',
  'headerTimeoutMs',
  'bodyTimeoutMs',
  'maxHeaders',
  'maxConnections',
] as const;

function isLoopback(host: string): boolean {
  const family = isIP(host);
  return family !== 0 && LOOPBACK.check(host, family === 6 ? 'ipv6' : 'ipv4');
}
