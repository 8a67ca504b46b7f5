/** Looks back over the newest events: so many rows and so many bytes, whatever the log holds. */
import { compile, type Predicate } from '../predicate/index.js';
import type { Log } from '../bus/log.js';
import { subjectFromStored } from './event.js';
import { prefilterOf } from './prefilter.js';

/** Rows that are looked at in one query. */
const PAGE_ROWS = 128;
/** Who asks waits for it within one turn. */
const MAX_READ_BYTES = 2 * 1024 * 1024;

/**
 * Whether one of the newest `rows` events meets `common`, which SQLite may decide, and one of the
 * others; true as well where that would take too much reading to say.
 */
export function seenLately(
  log: Pick<Log, 'headSeq' | 'select' | 'frameAt'>,
  common: Predicate,
  anyOf: readonly Predicate[],
  rows: number,
): boolean {
  const isCommon = compile(common);
  const others = anyOf.map(compile);
  const prefilter = prefilterOf(common);
  let after = Math.max(0, log.headSeq - rows);
  let read = 0;
  while (after < log.headSeq) {
    const { seqs, through } = log.select(prefilter, after, PAGE_ROWS);
    for (const seq of seqs) {
      const frame = log.frameAt(seq);
      read += frame.length;
      if (read > MAX_READ_BYTES) return true;
      const subject = subjectFromStored(frame);
      if (isCommon(subject) && others.some((matches) => matches(subject))) return true;
    }
    if (through <= after) return false;
    after = through;
  }
  return false;
}
