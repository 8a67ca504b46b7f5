/**
 * What a webhook refused since it was opened, in one line for people: how often for which status, and
 * what mends the last. Told as it changes, but not for each of many at once.
 */
import type { WebhookSettings } from './options.js';

const PAUSE_MS = 1000;
/** Room is left for what the source itself says. */
const MOST_CHARACTERS = 190;

type Remedied = Pick<WebhookSettings, 'setting' | 'remedies' | 'routes' | 'bodyLimit'>;

export class Refused {
  readonly #counts = new Map<number, number>();
  readonly #settings: Remedied;
  readonly #tell: (line: string) => void;
  #last = { status: 0, host: '' };
  #pausing = false;
  #said = '';

  constructor(settings: Remedied, tell: (line: string) => void) {
    this.#settings = settings;
    this.#tell = tell;
  }

  /** @param host the Host header; of 421 it is what is to be allowed */
  count(status: number, host = ''): void {
    // Not stored, and sent again: that is trouble of ours, which the log tells.
    if (status < 400 || status >= 500) return;
    this.#counts.set(status, (this.#counts.get(status) ?? 0) + 1);
    this.#last = { status, host };
    this.#say();
  }

  get line(): string {
    const counts = [...this.#counts].map(([status, count]) => `${count} with ${status}`).join(', ');
    const { status, host } = this.#last;
    const line = `webhook refused ${counts}: ${remedyOf(status, host, this.#settings)}`;
    return line.length > MOST_CHARACTERS ? `${line.slice(0, MOST_CHARACTERS - 1)}…` : line;
  }

  #say(): void {
    const line = this.line;
    if (this.#pausing || line === this.#said) return;
    this.#said = line;
    this.#tell(line);
    this.#pausing = true;
    setTimeout(() => {
      this.#pausing = false;
      this.#say();
    }, PAUSE_MS).unref();
  }
}

/** What mends it, on this side or on the sender's. Pure. */
export function remedyOf(
  status: number,
  host: string,
  { setting, remedies, routes, bodyLimit }: Remedied,
): string {
  const own = remedies[status];
  if (own !== undefined) return own;
  switch (status) {
    case 401:
      return 'give the sender the secret that this source has';
    case 404:
      return `send to ${routes.map(({ path }) => path).join(' or ')}`;
    case 405:
      return `send ${[...new Set(routes.map(({ method = 'POST' }) => method))].join(' or ')}`;
    case 413:
      return `a body may have ${bodyLimit} bytes: send less at once`;
    case 415:
      return 'send application/json, not compressed';
    case 421: {
      const name = /^[a-z0-9.:[\]-]{1,60}$/i.test(host) ? host : 'HOST';
      const hosts = setting.replace(/port$/, 'hosts');
      return hosts === setting
        ? `allow the Host header ${name} in its configuration`
        : `waitbus config set ${hosts} '["${name}"]'`;
    }
    default:
      return 'the daemon log tells why';
  }
}
