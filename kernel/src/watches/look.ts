/**
 * A watch looks on in the log: from its cursor, a page at a time, when somebody asks. Until then an
 * event costs a watch nothing.
 */
import { parseJson, WaitbusError } from '@waitbus/plugin-sdk/envelope';
import { compileRequest, Subscription, type SubscriptionRequest } from '../bus/subscription.js';
import type { Matcher } from '../predicate/index.js';
import {
  interestOf,
  parseSubscribe,
  type SubscribeRequest,
} from '../socket/commands/parse-subscribe.js';
import { subjectFromStored } from '../store/event.js';
import { READ_BYTES } from '../store/page.js';
import type { Prefilter } from '../store/prefilter.js';
import type { Selection } from '../store/select.js';
import type { WatchRow } from '../store/watch-tables.js';
import type { Gap, WatchesOptions } from './terms.js';

const PAGE_ROWS = 128;

/** What a watch asks for, ready to be tested. */
export interface Compiled {
  readonly asked: SubscribeRequest;
  readonly request: SubscriptionRequest;
  readonly selects: Matcher | null;
  readonly prefilter: Prefilter;
}

export class Looker {
  readonly #options: WatchesOptions;
  readonly #compiled = new Map<string, Compiled>();

  constructor(options: WatchesOptions) {
    this.#options = options;
  }

  /** @throws WaitbusError WAITBUS_UNKNOWN_SOURCE when one of its sources is not there any more */
  compiled({ id, asked: text }: WatchRow): Compiled {
    const known = this.#compiled.get(id);
    if (known !== undefined) return known;
    const asked = parseSubscribe(parseJson(text) as Record<string, unknown>);
    const compiled = compile(asked, this.#options);
    this.#compiled.set(id, compiled);
    return compiled;
  }

  /** The watches are others now. */
  forget(): void {
    this.#compiled.clear();
  }

  /**
   * One page: what is matched in it is kept, and the cursor moves behind it.
   * @returns whether there is more of the log to look at
   */
  look(watch: WatchRow): boolean {
    const { store, now } = this.#options;
    const { selects, prefilter } = this.compiled(watch);
    let from = { seq: watch.seq, eventId: watch.event_id };
    let gap: Gap | null = null;
    if (store.floor !== null && from.eventId < store.floor) {
      gap = { after: from.eventId, floor: store.floor };
      from = { seq: store.floorSeq, eventId: store.floor };
    }
    const { seqs, through } = this.#select(from.seq, prefilter, selects);
    if (through <= from.seq && gap === null) return false;
    const matched = seqs.flatMap((seq) => {
      const eventId = store.idAt(seq);
      return eventId === null ? [] : [{ seq, eventId }];
    });
    const seq = Math.max(through, from.seq);
    const eventId = store.idAt(seq) ?? from.eventId;
    store.watches.looked({ watch, through: { seq, eventId }, matched, gap, now: now() });
    return seq < store.headSeq;
  }

  /** What is selected of a page, which ends early when its events are large. */
  #select(after: number, prefilter: Prefilter, selects: Matcher | null): Selection {
    const { store } = this.#options;
    const { seqs, through } = store.select(prefilter, after, PAGE_ROWS);
    if (selects === null) return { seqs, through };
    const matched: number[] = [];
    let read = 0;
    for (const seq of seqs) {
      const frame = store.frameAt(seq);
      read += frame.length;
      if (selects(subjectFromStored(frame))) matched.push(seq);
      if (read >= READ_BYTES) return { seqs: matched, through: seq };
    }
    return { seqs: matched, through };
  }
}

/** @throws WaitbusError WAITBUS_UNKNOWN_SOURCE */
export function compile(
  asked: SubscribeRequest,
  { interest }: Pick<WatchesOptions, 'interest'>,
): Compiled {
  // Asked for its scopes only, and let go before it began.
  const grant = interest({ ...interestOf(asked), pid: null, tell: unheard, note: unheard });
  const { scopes } = grant;
  grant.release();
  const request = { ...asked, scopes };
  const { prefilter } = new Subscription(request, NOBODY, null);
  return { asked, request, selects: compileRequest(request), prefilter };
}

/**
 * What no event can ever meet would wake nobody, without a word.
 * @throws WaitbusError WAITBUS_CANNOT_MATCH
 */
export function checkPossible(
  asked: SubscribeRequest,
  { interest }: Pick<WatchesOptions, 'interest'>,
): void {
  const grant = interest({ ...interestOf(asked), pid: null, tell: unheard, note: unheard });
  const found = grant.impossible?.() ?? null;
  grant.release();
  if (found === null) return;
  const { source, detail, remedy } = found;
  throw new WaitbusError('WAITBUS_CANNOT_MATCH', `source ${source}: ${detail}`, remedy);
}

const unheard = () => undefined;
const NOBODY = { write: () => true, flush: () => undefined, fail: () => undefined };
