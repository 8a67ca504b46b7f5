/**
 * What an answer of GitHub's API means for who asked: from its status and headers. Pure. The rules are
 * those of https://docs.github.com/rest/using-the-rest-api/best-practices-for-using-the-rest-api
 */

export interface Quota {
  /** Requests that are left. */
  readonly remaining: number;
  /** Milliseconds until there are all of them again. */
  readonly resetMs: number;
}

export type Verdict =
  | { readonly kind: 'fresh' }
  | { readonly kind: 'same' }
  | { readonly kind: 'moved'; readonly location: string }
  /** Nothing is to be asked for so long. */
  | { readonly kind: 'limited'; readonly waitMs: number }
  /** Asking again changes nothing until somebody does something. */
  | { readonly kind: 'refused' }
  | { readonly kind: 'failed' };

export interface Answer {
  readonly status: number;
  readonly headers: Pick<Headers, 'get'>;
}

/** GitHub asks for at least a minute where it does not say how long. */
const UNSAID_MS = 60_000;
/** A limit is over within an hour; a header that says more is not to silence the source for days. */
const MOST_WAIT_MS = 2 * 3_600_000;

/**
 * @param now milliseconds since the epoch
 * @param message what the body of a refusal says
 */
export function verdictOf({ status, headers }: Answer, now: number, message = ''): Verdict {
  if (status === 200) return { kind: 'fresh' };
  if (status === 304) return { kind: 'same' };
  const location = headers.get('location');
  if ([301, 302, 307, 308].includes(status) && location !== null) {
    return { kind: 'moved', location };
  }
  if (status === 403 || status === 429) {
    const waitMs = limitOf({ status, headers }, now, message);
    return waitMs === null ? { kind: 'refused' } : { kind: 'limited', waitMs };
  }
  if (status === 503 && headers.get('retry-after') !== null) {
    return { kind: 'limited', waitMs: retryAfter(headers, now) ?? UNSAID_MS };
  }
  return status >= 400 && status < 500 && status !== 408 ? { kind: 'refused' } : { kind: 'failed' };
}

/**
 * When it was given, by GitHub's own clock: this machine's may be wrong.
 * @returns seconds since the epoch
 */
export function dateOf({ headers }: Pick<Answer, 'headers'>, now: number): number {
  const date = Date.parse(headers.get('date') ?? '');
  return (Number.isNaN(date) ? now : date) / 1000;
}

/** What the headers tell of the quota; null when they do not. */
export function quotaOf({ headers }: Answer, now: number): Quota | null {
  const remaining = digits(headers.get('x-ratelimit-remaining'));
  const reset = digits(headers.get('x-ratelimit-reset'));
  if (remaining === null || reset === null) return null;
  const resetMs = reset * 1000 - dateOf({ headers }, now) * 1000;
  return { remaining, resetMs: within(resetMs) };
}

function limitOf(answer: Answer, now: number, message: string): number | null {
  const asked = retryAfter(answer.headers, now);
  if (asked !== null) return asked;
  const quota = quotaOf(answer, now);
  if (quota?.remaining === 0) return Math.max(quota.resetMs, 1000);
  return answer.status === 429 || /rate limit/i.test(message) ? UNSAID_MS : null;
}

/** In seconds, or as a date. */
function retryAfter(headers: Answer['headers'], now: number): number | null {
  const header = headers.get('retry-after');
  if (header === null) return null;
  const seconds = digits(header);
  if (seconds !== null) return within(seconds * 1000);
  // Date.parse makes a date of most numbers, too.
  const date = Date.parse(/^[A-Z][a-z]{2}/.test(header) ? header : '');
  return Number.isNaN(date) ? UNSAID_MS : within(date - now);
}

function digits(text: string | null): number | null {
  return text !== null && /^\d{1,15}$/.test(text.trim()) ? Number(text) : null;
}

function within(milliseconds: number): number {
  return Math.min(Math.max(milliseconds, 0), MOST_WAIT_MS);
}
