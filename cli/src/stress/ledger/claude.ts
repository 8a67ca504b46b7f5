/**
 * Claude Code, `claude -p --output-format json` or `stream-json`. Its `result` is cumulative over the
 * session, so the last one counts. `usage` is of the main model only; `modelUsage` has all of them.
 * `input_tokens` does not include what was read from the cache. Pure.
 */
import { sumOf, type Basis, type Tokens, type Usage } from './ledger.js';
import { isObject, numberAt, objectAt, objectsIn, type JsonObject } from './output.js';

/** Where the key comes from, as `init` says it: `none` and `oauth` are a subscription's login. */
const SUBSCRIPTION: ReadonlySet<string> = new Set(['none', 'oauth']);
const METERED: ReadonlySet<string> = new Set([
  'ANTHROPIC_API_KEY',
  'apiKeyHelper',
  '/login managed key',
  'user',
  'project',
  'org',
  'temporary',
]);

export function readClaude(output: string): Usage | null {
  const objects = objectsIn(output);
  const result = objects.findLast(({ type }) => type === 'result');
  if (result === undefined) return null;
  const init = objects.findLast(({ type, subtype }) => type === 'system' && subtype === 'init');
  const byModel = Object.entries(objectAt(result, 'modelUsage')).filter(([, usage]) =>
    isObject(usage),
  ) as [string, JsonObject][];
  const usages = byModel.map(([, usage]) => usage);
  return {
    models: byModel.map(([model]) => model),
    tokens: byModel.length > 0 ? tokensOfModels(usages) : tokensOf(objectAt(result, 'usage')),
    cost_usd: numberAt(result, 'total_cost_usd') ?? costOf(usages),
    basis: basisOf(init?.['apiKeySource']),
    premium_requests: null,
  };
}

export function basisOf(apiKeySource: unknown): Basis {
  if (typeof apiKeySource !== 'string') return 'unknown';
  if (SUBSCRIPTION.has(apiKeySource)) return 'notional';
  return METERED.has(apiKeySource) ? 'metered' : 'unknown';
}

function tokensOfModels(usages: readonly JsonObject[]): Tokens {
  const column = (member: string) => sumOf(usages.map((usage) => numberAt(usage, member)));
  return {
    input_uncached: column('inputTokens'),
    cache_read: column('cacheReadInputTokens'),
    cache_write: column('cacheCreationInputTokens'),
    output: column('outputTokens'),
    reasoning: null,
  };
}

function tokensOf(usage: JsonObject): Tokens {
  return {
    input_uncached: numberAt(usage, 'input_tokens'),
    cache_read: numberAt(usage, 'cache_read_input_tokens'),
    cache_write: numberAt(usage, 'cache_creation_input_tokens'),
    output: numberAt(usage, 'output_tokens'),
    reasoning: null,
  };
}

function costOf(usages: readonly JsonObject[]): number | null {
  return sumOf(usages.map((usage) => numberAt(usage, 'costUSD')));
}
