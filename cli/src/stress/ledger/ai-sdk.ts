/**
 * The `totalUsage` of the Vercel AI SDK, of all steps. Its counts are inclusive: `inputTokens` of what
 * was read from and written to the cache, `outputTokens` of the reasoning. It tells no cost. Pure.
 */
import { less, type Usage } from './ledger.js';
import { isObject, numberAt, objectAt, objectsIn } from './output.js';

/** @param output `totalUsage` as JSON, or an object that holds it */
export function readAiSdk(output: string): Usage | null {
  const objects = objectsIn(output).map((object) =>
    isObject(object['totalUsage']) ? object['totalUsage'] : object,
  );
  const usage = objects.findLast(
    (object) =>
      numberAt(object, 'inputTokens') !== null || numberAt(object, 'outputTokens') !== null,
  );
  if (usage === undefined) return null;
  const input = objectAt(usage, 'inputTokenDetails');
  const read = numberAt(input, 'cacheReadTokens') ?? numberAt(usage, 'cachedInputTokens');
  const write = numberAt(input, 'cacheWriteTokens');
  const reasoning =
    numberAt(objectAt(usage, 'outputTokenDetails'), 'reasoningTokens') ??
    numberAt(usage, 'reasoningTokens');
  return {
    models: [],
    tokens: {
      input_uncached:
        numberAt(input, 'noCacheTokens') ?? less(less(numberAt(usage, 'inputTokens'), read), write),
      cache_read: read,
      cache_write: write,
      output: less(numberAt(usage, 'outputTokens'), reasoning),
      reasoning,
    },
    cost_usd: null,
    basis: 'unknown',
    premium_requests: null,
  };
}
