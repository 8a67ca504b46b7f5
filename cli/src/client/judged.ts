/**
 * A wait on a source whose events are verdicts: which of them end it, and with what. Pure. The source
 * declares in its manifest which event types these are; a predicate that names something else, such
 * as a status that is no end, asks for that and for no verdict.
 */
import { all, compile, formatPath, parsePredicate, type Path } from '@waitbus/kernel/predicate';
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

/** What of a verdict is known before it comes. */
const KNOWN: ReadonlySet<string> = new Set([
  'event_type',
  'fields.event_type',
  'fields.status',
  'fields.conclusion',
]);

/** Whether a verdict of one of these types can meet the predicates, by its type and how it ended. */
export function canBeVerdict(predicates: readonly string[], types: readonly string[]): boolean {
  const terms = parsePredicate(predicates).terms.filter(({ path }) => isKnown(path));
  const holds = compile(all(terms));
  return types.some((type) =>
    [...ENDS].some((conclusion) =>
      holds({
        event_type: type,
        fields: { event_type: type, status: 'completed', conclusion },
      }),
    ),
  );
}

function isKnown(path: Path): boolean {
  return KNOWN.has(formatPath(path));
}
