/**
 * From the interest of a subscriber in a source to what the source is told of it: pure. The kernel's
 * syntax tree stays the kernel's; a source gets conditions as they were written.
 */
import { resolve } from 'node:path';
import type { Interest } from '@waitbus/kernel';
import type { Predicate, Term } from '@waitbus/kernel/predicate';
import type { Condition } from '@waitbus/plugin-sdk';

/** What of an interest a source may hear. */
export interface Wish {
  readonly cwd: string | null;
  readonly filters: readonly string[];
  readonly anyOf: readonly (readonly Condition[])[];
  /** For each of these alternatives, its place in the subscriber's own. */
  readonly clauses: readonly number[];
}

/** @returns null when none of what is asked for can be an event of this source */
export function wishOf(interest: Interest, source: string): Wish | null {
  const clauses = clausesOf(interest.anyOf, source);
  if (clauses.length === 0) return null;
  const { cwd, filters } = interest;
  const anyOf = clauses.map((at) => conditionsOf(interest.anyOf[at] as Predicate));
  return { cwd: cwd === null ? null : resolve(cwd), filters, anyOf, clauses };
}

/** The places of those alternatives that an event of the source could meet. */
export function clausesOf(anyOf: readonly Predicate[], source: string): readonly number[] {
  return anyOf.flatMap(({ terms }, at) => (terms.every(mayBeOf(source)) ? [at] : []));
}

/** A clause that names another source is none of this one's. */
function mayBeOf(source: string): (term: Term) => boolean {
  return ({ path, ...term }) =>
    path.join('.') !== 'fields.source' || term.kind !== 'one-of' || term.values.includes(source);
}

function conditionsOf({ terms }: Predicate): readonly Condition[] {
  return terms.flatMap((term): Condition[] => {
    const key = term.path.join('.');
    if (term.kind === 'compare') return [{ key, op: term.operator, value: term.value }];
    return term.values.map((value) => ({ key, op: '=', value }));
  });
}
