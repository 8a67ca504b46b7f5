/**
 * Asks GitHub's API, a few requests at once, conditionally where an ETag is known. Bounds what an answer can make it hold or wait for. The token goes to the API's own origin only.
 */
import { parseJson } from '@waitbus/plugin-sdk';
import { object, text } from '../events/members.js';
import { dateOf, quotaOf, verdictOf, type Quota } from './answer.js';
import { readCapped } from './read-capped.js';
import type { Token } from './token.js';

export type Reply =
  | {
      readonly kind: 'fresh';
      readonly body: unknown;
      readonly etag: string | null;
      /** When it was asked by its own clock, in seconds since the epoch. */
      readonly date: number;
    }
  | { readonly kind: 'same'; readonly date: number }
  | { readonly kind: 'limited'; readonly waitMs: number }
  | { readonly kind: 'refused'; readonly status: number; readonly reason: string }
  | { readonly kind: 'failed'; readonly reason: string };

export interface ApiOptions {
  /** Such as `https://api.github.com`, without a slash at its end. */
  readonly url: string;
  readonly findToken: () => Promise<Token | null>;
  readonly signal: AbortSignal;
  readonly timeoutMs?: number;
  readonly maxBytes?: number;
}

const TIMEOUT_MS = 20_000;
const MAX_BYTES = 16 * 1024 * 1024;
const MAX_REDIRECTS = 3;
/** Requests under way at once. */
const AT_ONCE = 6;

export class Api {
  readonly #options: Required<ApiOptions>;
  /** Undefined until it is first needed. */
  #token: Token | null | undefined;
  #finding: Promise<Token | null> | null = null;
  #asking = 0;
  readonly #queue: (() => void)[] = [];
  #quota: Quota | null = null;
  #spent = 0;
  /** performance.now() until which nothing is asked. */
  #limitedUntil = 0;

  constructor(options: ApiOptions) {
    this.#options = { timeoutMs: TIMEOUT_MS, maxBytes: MAX_BYTES, ...options };
  }

  /** What GitHub said last. */
  get quota(): Quota | null {
    return this.#quota;
  }

  /** Requests so far that count: not those answered with 304, when they were made with a token. */
  get spent(): number {
    return this.#spent;
  }

  /** Milliseconds for which nothing may be asked. */
  get limitedMs(): number {
    return Math.max(0, this.#limitedUntil - performance.now());
  }

  /** The token in use; undefined while none was looked for. */
  get knownToken(): Token | null | undefined {
    return this.#token;
  }

  async token(): Promise<Token | null> {
    if (this.#token !== undefined) return this.#token;
    this.#finding ??= this.#options.findToken().finally(() => (this.#finding = null));
    this.#token = await this.#finding;
    return this.#token;
  }

  /** @param etag of what is known already */
  async get(path: string, etag: string | null = null): Promise<Reply> {
    while (this.#asking >= AT_ONCE) await new Promise<void>((resolve) => this.#queue.push(resolve));
    this.#asking += 1;
    try {
      return await this.#get(path, etag);
    } finally {
      this.#asking -= 1;
      this.#queue.shift()?.();
    }
  }

  async #get(path: string, etag: string | null): Promise<Reply> {
    if (this.#options.signal.aborted) return failed('it is stopping');
    if (this.limitedMs > 0) return { kind: 'limited', waitMs: this.limitedMs };
    const token = await this.token();
    const ending = new AbortController();
    const stop = () => ending.abort(new Error('it is stopping'));
    const late = `no answer within ${this.#options.timeoutMs / 1000} s`;
    const timer = setTimeout(() => ending.abort(new Error(late)), this.#options.timeoutMs);
    this.#options.signal.addEventListener('abort', stop, { once: true });
    try {
      return await this.#follow(new URL(this.#options.url + path), etag, token, ending.signal);
    } catch (error) {
      const reason: unknown = ending.signal.aborted ? ending.signal.reason : error;
      return failed(reasonOf(reason));
    } finally {
      clearTimeout(timer);
      this.#options.signal.removeEventListener('abort', stop);
      // Whatever was not read is not to go on.
      ending.abort();
    }
  }

  async #follow(
    first: URL,
    etag: string | null,
    token: Token | null,
    signal: AbortSignal,
  ): Promise<Reply> {
    let url = first;
    for (let hop = 0; hop <= MAX_REDIRECTS; hop += 1) {
      const begin = performance.now();
      const answer = await fetch(url, {
        headers: headersFor(token, etag),
        redirect: 'manual',
        signal,
      });
      const now = Date.now();
      const asked = dateOf(answer, now) - (performance.now() - begin) / 1000;
      this.#quota = quotaOf(answer, now) ?? this.#quota;
      if (answer.status !== 304 || token === null) this.#spent += 1;
      const message = answer.status >= 400 ? await this.#messageOf(answer) : '';
      const verdict = verdictOf(answer, now, message);
      switch (verdict.kind) {
        case 'moved': {
          const next = new URL(verdict.location, url);
          if (next.origin !== first.origin) return failed(`it redirects to ${next.host}`);
          url = next;
          continue;
        }
        case 'fresh': {
          const body = parseJson(await readCapped(answer, this.#options.maxBytes));
          return { kind: 'fresh', body, etag: answer.headers.get('etag'), date: asked };
        }
        case 'limited':
          this.#limitedUntil = performance.now() + verdict.waitMs;
          return verdict;
        case 'refused':
          // There may be another one by then: somebody logs in with gh.
          if (answer.status === 401 || token === null) this.#token = undefined;
          return { kind: 'refused', status: answer.status, reason: message };
        case 'same':
          return { kind: 'same', date: asked };
        case 'failed':
          return failed(`it answered ${answer.status}`);
      }
    }
    return failed('it redirects in a circle');
  }

  /** What GitHub says is wrong; '' for a body that says nothing. */
  async #messageOf(answer: Response): Promise<string> {
    try {
      const body = await readCapped(answer, 64 * 1024);
      return text(object(parseJson(body))['message'])?.slice(0, 200) ?? '';
    } catch {
      return '';
    }
  }
}

function headersFor(token: Token | null, etag: string | null): Record<string, string> {
  return {
    accept: 'application/vnd.github+json',
    'user-agent': 'waitbus-source-github',
    'x-github-api-version': '2022-11-28',
    ...(token === null ? {} : { authorization: `Bearer ${token.value}` }),
    ...(etag === null ? {} : { 'if-none-match': etag }),
  };
}

function failed(reason: string): Reply {
  return { kind: 'failed', reason };
}

/** Node's fetch says only that it failed; why is in the cause. */
function reasonOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  const { cause } = error;
  return cause instanceof Error ? `${error.message}: ${cause.message}` : error.message;
}
