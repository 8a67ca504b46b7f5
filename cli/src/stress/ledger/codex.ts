/**
 * Codex, `codex exec --json`. `turn.completed` has the usage of the thread so far, so the last one
 * counts. `input_tokens` includes what was read from the cache and what was written to it, and
 * `output_tokens` the reasoning. It tells no cost. Pure.
 */
import { less, type Usage } from './ledger.js';
import { isObject, numberAt, objectAt, objectsIn } from './output.js';

export function readCodex(output: string): Usage | null {
  const turn = objectsIn(output).findLast(
    ({ type, usage }) => type === 'turn.completed' && isObject(usage),
  );
  if (turn === undefined) return null;
  const usage = objectAt(turn, 'usage');
  const cached = numberAt(usage, 'cached_input_tokens');
  const written = numberAt(usage, 'cache_write_input_tokens');
  const reasoning = numberAt(usage, 'reasoning_output_tokens');
  return {
    models: [],
    tokens: {
      input_uncached: less(less(numberAt(usage, 'input_tokens'), cached), written),
      cache_read: cached,
      cache_write: written,
      output: less(numberAt(usage, 'output_tokens'), reasoning),
      reasoning,
    },
    cost_usd: null,
    basis: 'unknown',
    premium_requests: null,
  };
}
