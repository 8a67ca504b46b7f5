/**
 * opencode, `opencode run --format json`. Each `step_finish` has the tokens and the cost of its step:
 * their sum counts. A model without a price costs it 0, which says nothing, so 0 for tokens that were
 * used is taken for not told. Whether the figure is charged it does not tell. Pure.
 */
import { sumOf, type Usage } from './ledger.js';
import { numberAt, objectAt, objectsIn } from './output.js';

export function readOpencode(output: string): Usage | null {
  const parts = objectsIn(output)
    .filter(({ type }) => type === 'step_finish')
    .map((step) => objectAt(step, 'part'));
  if (parts.length === 0) return null;
  const tokens = parts.map((part) => objectAt(part, 'tokens'));
  const caches = tokens.map((one) => objectAt(one, 'cache'));
  const cost = sumOf(parts.map((part) => numberAt(part, 'cost')));
  return {
    models: [],
    tokens: {
      input_uncached: sumOf(tokens.map((one) => numberAt(one, 'input'))),
      cache_read: sumOf(caches.map((one) => numberAt(one, 'read'))),
      cache_write: sumOf(caches.map((one) => numberAt(one, 'write'))),
      output: sumOf(tokens.map((one) => numberAt(one, 'output'))),
      reasoning: sumOf(tokens.map((one) => numberAt(one, 'reasoning'))),
    },
    cost_usd: cost === 0 ? null : cost,
    basis: 'unknown',
    premium_requests: null,
  };
}
