/** What to say about a wait that is well-formed but cannot mean what was meant: pure. */
import { formatPath, parsePredicate } from '@waitbus/kernel/predicate';

/** The members of an event frame: a key that starts elsewhere matches nothing. */
const MEMBERS = new Set([
  'kind',
  'event_id',
  'event_type',
  'owner',
  'repo',
  'received_at',
  'delivery_id',
  'summary',
  'fields',
]);

/** One line for each key that no event can have. */
export function hintsFor(predicates: readonly string[]): string[] {
  const roots = parsePredicate(predicates).terms.map(({ path }) => formatPath(path));
  return [...new Set(roots)]
    .filter((key) => !MEMBERS.has(key.split('.')[0] ?? ''))
    .map((key) => `no event has a member ${key}; did you mean fields.${key}?`);
}
