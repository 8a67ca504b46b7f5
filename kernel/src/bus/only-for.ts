/**
 * Events that not everybody is told of: one whose `fields.only_for` names a key is for those alone
 * who ask for something under that key, with `=` or `^=`. Pure.
 */
import { ONLY_FOR } from '@waitbus/plugin-sdk/envelope';
import type { Matcher, Predicate } from '../predicate/index.js';

/** What of a request says which keys it asks for. */
export interface Asking {
  readonly eventTypes: readonly string[] | null;
  readonly match: Predicate;
  readonly anyOf: readonly Predicate[];
}

/** Whether an event is for everybody, or for who asks so. */
export function compileOnlyFor({ eventTypes, match, anyOf }: Asking): Matcher {
  const keys = new Set<unknown>(eventTypes === null ? [] : ['event_type']);
  for (const term of [match, ...anyOf].flatMap(({ terms }) => terms)) {
    if (term.kind === 'compare' && term.operator !== '^=') continue;
    const [first, ...rest] = term.path;
    keys.add(first === 'fields' ? rest.join('.') : term.path.join('.'));
  }
  return (subject) => {
    const fields = subject['fields'] as Readonly<Record<string, unknown>> | undefined;
    const key = fields?.[ONLY_FOR];
    return typeof key !== 'string' || keys.has(key);
  };
}
