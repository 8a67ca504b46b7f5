/**
 * Which requests a webhook does not take, whatever their path: pure, from what the sender wrote.
 */
import type { WebhookSettings } from './options.js';

/** Why a request is not taken: the body of the answer is `{"error": {code, message}}`. */
export class Refusal extends Error {
  readonly status: number;
  readonly code: string;
  readonly headers: Readonly<Record<string, string>>;

  constructor(
    status: number,
    code: string,
    message: string,
    headers: Readonly<Record<string, string>> = {},
  ) {
    super(message);
    this.name = 'Refusal';
    this.status = status;
    this.code = code;
    this.headers = headers;
  }

  get body(): string {
    return JSON.stringify({ error: { code: this.code, message: this.message } });
  }
}

/** The parts of a request as the parser read them. */
export interface Received {
  /** The request target. */
  readonly url?: string | undefined;
  /** Names and values in turn, repeated ones too. */
  readonly rawHeaders: readonly string[];
}

/**
 * @param port where the webhook listens
 * @returns null for a request that may go on to its route
 */
export function refusalOf(
  { url = '', rawHeaders }: Received,
  settings: Pick<WebhookSettings, 'host' | 'hosts' | 'maxHeaders'>,
  port: number,
): Refusal | null {
  const names = rawHeaders.filter((_, index) => index % 2 === 0).map((name) => name.toLowerCase());
  if (names.length > settings.maxHeaders) {
    return new Refusal(431, 'too_many_headers', `at most ${settings.maxHeaders} headers are taken`);
  }
  const hosts = names.flatMap((name, index) =>
    name === 'host' ? [rawHeaders[index * 2 + 1] ?? ''] : [],
  );
  const [host] = hosts;
  if (host === undefined || hosts.length > 1) {
    return new Refusal(400, 'bad_request', 'there must be exactly one Host header');
  }
  // An absolute target would name another host than the header that is checked.
  if (!url.startsWith('/')) {
    return new Refusal(400, 'bad_request', 'the request target must be a path');
  }
  if (!isOurs(host.toLowerCase(), settings, port)) {
    return new Refusal(421, 'misdirected_request', 'the Host header names no host of this webhook');
  }
  // Browsers add these; the services that send webhooks do not. A web page must not forge an event.
  if (names.includes('origin') || names.includes('sec-fetch-site')) {
    return new Refusal(403, 'forbidden', 'requests of web pages are not taken');
  }
  const encoding = names.indexOf('content-encoding');
  if (encoding !== -1 && rawHeaders[encoding * 2 + 1]?.toLowerCase() !== 'identity') {
    return new Refusal(415, 'unsupported_encoding', 'a compressed body is not taken');
  }
  return null;
}

/** Against a name that was made to resolve to this machine (DNS rebinding). */
function isOurs(
  host: string,
  { host: address, hosts }: Pick<WebhookSettings, 'host' | 'hosts'>,
  port: number,
): boolean {
  if (hosts.some((other) => other.toLowerCase() === host)) return true;
  const own = ['localhost', '127.0.0.1', '[::1]', address.includes(':') ? `[${address}]` : address];
  return own.some((name) => host === `${name}:${port}` || (port === 80 && host === name));
}
