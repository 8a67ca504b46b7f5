/**
 * Gemini CLI, `gemini -o json`. `stats.models.<model>.tokens` has `prompt`, of which `cached` is a
 * part, and `candidates`, of which `thoughts` is none. It tells no cost. Pure.
 */
import { less, sumOf, type Tokens, type Usage } from './ledger.js';
import { isObject, numberAt, objectAt, objectsIn, type JsonObject } from './output.js';

export function readGemini(output: string): Usage | null {
  const stats = objectsIn(output)
    .map((object) => objectAt(object, 'stats', 'models'))
    .findLast((models) => Object.keys(models).length > 0);
  if (stats === undefined) return null;
  const models = Object.entries(stats).filter(([, model]) => isObject(model));
  const each = models.map(([, model]) => tokensOf(objectAt(model as JsonObject, 'tokens')));
  const column = (name: keyof Tokens) => sumOf(each.map((tokens) => tokens[name]));
  return {
    models: models.map(([name]) => name),
    tokens: {
      input_uncached: column('input_uncached'),
      cache_read: column('cache_read'),
      cache_write: null,
      output: column('output'),
      reasoning: column('reasoning'),
    },
    cost_usd: null,
    basis: 'unknown',
    premium_requests: null,
  };
}

function tokensOf(tokens: JsonObject): Tokens {
  const cached = numberAt(tokens, 'cached');
  const fresh = numberAt(tokens, 'input') ?? less(numberAt(tokens, 'prompt'), cached);
  return {
    // What tools add to a prompt is counted apart from it, and is input all the same.
    input_uncached: sumOf([fresh, numberAt(tokens, 'tool')]),
    cache_read: cached,
    cache_write: null,
    output: numberAt(tokens, 'candidates'),
    reasoning: numberAt(tokens, 'thoughts'),
  };
}
