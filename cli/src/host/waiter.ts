/**
 * From the interest of a subscriber in a source to what the source is told of it: pure. The kernel's
 * syntax tree stays the kernel's; a source gets conditions as they were written.
 */
import { resolve } from 'node:path';
import type { Interest } from '@waitbus/kernel';
import { formatPath, type Predicate, type Term } from '@waitbus/kernel/predicate';
import { stringifyJson } from '@waitbus/plugin-sdk/envelope';
import type { Condition, Waiter } from '@waitbus/plugin-sdk';

/** Of one list, as JSON. What is beyond is told as one waiter that waits for anything. */
export const MAX_WAITERS_BYTES = 256 * 1024;

const ANYTHING: Waiter = { cwd: null, filters: [], anyOf: [[]] };

/** @returns null when none of what is asked for can be an event of this source */
export function waiterOf(interest: Interest, source: string): Waiter | null {
  const own = interest.anyOf.filter((predicate) => predicate.terms.every(mayBeOf(source)));
  if (own.length === 0) return null;
  const { cwd, filters } = interest;
  return { cwd: cwd === null ? null : resolve(cwd), filters, anyOf: own.map(conditionsOf) };
}

/** Each once, in an order that who comes and goes does not change; wider rather than too long. */
export function waitersList(waiters: readonly Waiter[]): readonly Waiter[] {
  const texts = new Map(waiters.map((waiter) => [stringifyJson(waiter), waiter]));
  const list: Waiter[] = [];
  let bytes = 0;
  for (const [text, waiter] of [...texts].sort(([a], [b]) => (a < b ? -1 : 1))) {
    bytes += Buffer.byteLength(text) + 1;
    if (bytes > MAX_WAITERS_BYTES) return [...list, ANYTHING];
    list.push(waiter);
  }
  return list;
}

/** A clause that names another source is none of this one's. */
function mayBeOf(source: string): (term: Term) => boolean {
  return ({ path, ...term }) =>
    formatPath(path) !== 'fields.source' || term.kind !== 'one-of' || term.values.includes(source);
}

function conditionsOf({ terms }: Predicate): readonly Condition[] {
  return terms.flatMap((term): Condition[] => {
    const key = formatPath(term.path);
    if (term.kind === 'compare') return [{ key, op: term.operator, value: term.value }];
    return term.values.map((value) => ({ key, op: '=', value }));
  });
}
