/** What GitHub's answers mean, and the pauses that follow: pure. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { apiUrl } from '../src/api/api-url.js';
import { quotaOf, verdictOf } from '../src/api/answer.js';
import { backoff, paced } from '../src/api/pace.js';

const NOW = Date.parse('2026-11-24T12:00:00Z');
const answer = (status: number, headers: Record<string, string> = {}) => ({
  status,
  headers: new Headers(headers),
});
const kind = (status: number, headers?: Record<string, string>, message?: string) =>
  verdictOf(answer(status, headers), NOW, message).kind;

test('what is to be done after each status', () => {
  assert.deepEqual(
    [200, 304, 500, 502, 503, 408, 401, 404, 410, 451, 422, 204, 301].map((status) => kind(status)),
    [
      'fresh',
      'same',
      'failed',
      'failed',
      'failed',
      'failed',
      'refused',
      'refused',
      'refused',
    ].concat(['refused', 'refused', 'failed', 'failed']),
  );
  assert.equal(kind(301, { location: '/x' }), 'moved');
  assert.equal(kind(403), 'refused');
  assert.equal(kind(403, {}, 'You have exceeded a secondary rate limit.'), 'limited');
  assert.equal(kind(503, { 'retry-after': '5' }), 'limited');
});

test('how long a limit lasts', () => {
  const wait = (status: number, headers: Record<string, string>) => {
    const verdict = verdictOf(answer(status, headers), NOW);
    return verdict.kind === 'limited' ? verdict.waitMs : verdict.kind;
  };
  const reset = String(NOW / 1000 + 90);
  assert.equal(wait(429, { 'retry-after': '30' }), 30_000);
  assert.equal(wait(429, { 'retry-after': 'Tue, 24 Nov 2026 12:00:10 GMT' }), 10_000);
  assert.equal(wait(429, {}), 60_000);
  assert.equal(wait(429, { 'retry-after': 'soon' }), 60_000);
  assert.equal(wait(429, { 'retry-after': '-1' }), 60_000);
  assert.equal(wait(429, { 'retry-after': '999999999' }), 7_200_000);
  assert.equal(wait(403, { 'x-ratelimit-remaining': '0', 'x-ratelimit-reset': reset }), 90_000);
  assert.equal(wait(403, { 'x-ratelimit-remaining': '7', 'x-ratelimit-reset': reset }), 'refused');
  // By GitHub's clock, which is 30 seconds ahead of this machine's.
  const date = 'Tue, 24 Nov 2026 12:00:30 GMT';
  const skewed = { 'x-ratelimit-remaining': '0', 'x-ratelimit-reset': reset, date };
  assert.equal(wait(403, skewed), 60_000);
});

test('a quota is known only when both headers make sense', () => {
  const reset = String(NOW / 1000 + 60);
  const quota = { 'x-ratelimit-remaining': '10', 'x-ratelimit-reset': reset };
  assert.deepEqual(quotaOf(answer(200, quota), NOW), { remaining: 10, resetMs: 60_000 });
  assert.equal(quotaOf(answer(200), NOW), null);
  assert.equal(quotaOf(answer(200, { ...quota, 'x-ratelimit-remaining': 'x' }), NOW), null);
});

test('the pause grows with failures up to its most, and is never the same for all', () => {
  assert.deepEqual(
    [1, 2, 3, 10, 1000].map((failures) => backoff(1000, failures, 1)),
    [2000, 4000, 8000, 900_000, 900_000],
  );
  assert.deepEqual([backoff(1000, 1, 0), backoff(1000, 1, 0.5)], [1000, 1500]);
});

test('what is left is spread over the time until there is more', () => {
  assert.equal(paced(10_000, null, 3), 10_000);
  assert.equal(paced(10_000, { remaining: 5000, resetMs: 3_600_000 }, 1), 10_000);
  assert.equal(paced(10_000, { remaining: 60, resetMs: 3_600_000 }, 1), 60_000);
  assert.equal(paced(10_000, { remaining: 60, resetMs: 3_600_000 }, 2), 120_000);
  assert.equal(paced(10_000, { remaining: 0, resetMs: 3_600_000 }, 1), 3_600_000);
  assert.equal(paced(10_000, { remaining: 0, resetMs: 3_600_000 }, 0), 10_000);
  // Never past the time at which there is more.
  assert.equal(paced(10_000, { remaining: 5, resetMs: 3_000_000 }, 60), 3_000_000);
});

test('where the API is, and what is no place for a token', () => {
  assert.equal(apiUrl(undefined, {}), 'https://api.github.com');
  assert.equal(apiUrl(undefined, { GITHUB_API_URL: '' }), 'https://api.github.com');
  const enterprise = 'https://github.acme.example/api/v3';
  assert.equal(apiUrl(undefined, { GITHUB_API_URL: `${enterprise}/` }), enterprise);
  assert.equal(apiUrl(enterprise, { GITHUB_API_URL: 'https://other.example' }), enterprise);
  assert.equal(apiUrl('http://[::1]:80/', {}), 'http://[::1]');
  for (const bad of ['', 'x', 'ftp://a', 'http://github.com', 'https://u:p@a', 'https://a/?b']) {
    assert.throws(() => apiUrl(bad, {}), /is not an https address/, bad);
  }
});
