/** What durable watches are asked with, and what they need of the daemon. */
import type { Hub } from '../bus/hub.js';
import type { InterestHandler } from '../bus/interest.js';
import type { SubscribeRequest } from '../socket/commands/parse-subscribe.js';
import type { Store } from '../store/store.js';

/** A connection. */
export interface Taker {
  send(message: object): void;
}

export interface WatchesOptions {
  readonly store: Pick<
    Store,
    | 'watches'
    | 'select'
    | 'frameAt'
    | 'idAt'
    | 'seqAtOrBefore'
    | 'head'
    | 'headSeq'
    | 'floor'
    | 'floorSeq'
  >;
  readonly hub: Pick<Hub, 'subscribe' | 'unsubscribe'>;
  readonly interest: InterestHandler;
  /** Milliseconds since the epoch. */
  readonly now: () => number;
  /** Runs a function in a later turn of the event loop. */
  readonly defer: (work: () => void) => void;
  readonly onError: (error: unknown) => void;
}

/** A watch as it is asked for, in the members of `subscribe`, to be kept as they came. */
export interface Wanted {
  readonly name: string;
  readonly asked: SubscribeRequest;
  readonly members: object;
}

/** Events that were removed from the log before they could wake anybody. */
export interface Gap {
  readonly after: string;
  readonly floor: string;
}
