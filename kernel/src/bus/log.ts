/** The log as the bus sees it. Types only. */
import type { Page } from '../store/page.js';
import type { Prefilter } from '../store/prefilter.js';
import type { Selection } from '../store/select.js';

/** What the bus reads: the log, as pages and a floor. */
export interface Log {
  readonly head: string | null;
  readonly headSeq: number;
  readonly floor: string | null;
  readonly floorSeq: number;
  page(after: number, maxRows: number, maxBytes: number): Page;
  select(prefilter: Prefilter, after: number, maxRows: number): Selection;
  frameAt(seq: number): Buffer;
  /** The event_id at a position, or null when there is none. */
  idAt(seq: number): string | null;
}
