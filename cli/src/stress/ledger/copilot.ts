/**
 * Copilot CLI, `copilot -p --output-format json`. Its `result` counts premium requests, a unit of its
 * subscriptions and not money. Of tokens it tells those of each answer. Pure.
 */
import { sumOf, type Usage } from './ledger.js';
import { numberAt, objectAt, objectsIn } from './output.js';

export function readCopilot(output: string): Usage | null {
  const objects = objectsIn(output);
  const result = objects.findLast(({ type }) => type === 'result');
  if (result === undefined) return null;
  const answers = objects.filter(({ type }) => type === 'assistant.message');
  return {
    models: [],
    tokens: {
      input_uncached: null,
      cache_read: null,
      cache_write: null,
      output: sumOf(answers.map((answer) => numberAt(objectAt(answer, 'data'), 'outputTokens'))),
      reasoning: null,
    },
    cost_usd: null,
    basis: 'unknown',
    premium_requests: numberAt(objectAt(result, 'usage'), 'premiumRequests'),
  };
}
