/** Looks back over the newest events: bounded work, whatever the log holds. */
import { compile, type Predicate } from '../predicate/index.js';
import type { Log } from '../bus/log.js';
import { subjectFromStored } from './event.js';
import { prefilterOf } from './prefilter.js';

/** Rows that are looked at in one query. */
const PAGE_ROWS = 256;

/** Whether one of the newest `rows` events meets the predicate. */
export function seenLately(
  log: Pick<Log, 'headSeq' | 'select' | 'frameAt'>,
  predicate: Predicate,
  rows: number,
): boolean {
  const matches = compile(predicate);
  const prefilter = prefilterOf(predicate);
  let after = Math.max(0, log.headSeq - rows);
  while (after < log.headSeq) {
    const { seqs, through } = log.select(prefilter, after, PAGE_ROWS);
    if (seqs.some((seq) => matches(subjectFromStored(log.frameAt(seq))))) return true;
    if (through <= after) return false;
    after = through;
  }
  return false;
}
