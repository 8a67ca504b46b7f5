/**
 * A wait on a source whose events are verdicts: which of them end it, and with what. Pure. The source
 * declares in its manifest which event types these are; a predicate that names something else, such
 * as a status that is no end, asks for that and for no verdict.
 */
import { parsePredicate } from '@waitbus/kernel/predicate';
import type { EventFrame } from './stream.js';

const FAILED: ReadonlySet<unknown> = new Set(['failure', 'cancelled', 'timed_out']);
const ENDS: ReadonlySet<unknown> = new Set(['success', ...FAILED]);

/** Whether the event is the end of something, with a verdict. */
export function isVerdict({ event_type: type, fields }: EventFrame, types: readonly string[]) {
  return types.includes(type) && ENDS.has(fields['conclusion']);
}

export function isFailure({ fields }: EventFrame): boolean {
  return FAILED.has(fields['conclusion']);
}

/** Whether a verdict can meet these predicates, as far as they name what they are of. */
export function canBeVerdict(predicates: readonly string[], types: readonly string[]): boolean {
  return parsePredicate(predicates).terms.every((term) => {
    if (term.kind !== 'one-of') return true;
    switch (term.path.join('.')) {
      case 'event_type':
      case 'fields.event_type':
        return term.values.some((value) => types.some((type) => type === value));
      case 'fields.status':
        return term.values.includes('completed');
      case 'fields.conclusion':
        return term.values.some((value) => ENDS.has(value));
      default:
        return true;
    }
  });
}
