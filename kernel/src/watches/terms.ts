/** What durable watches are asked with, and what they need of the daemon. */
import type { WaitbusError } from '@waitbus/plugin-sdk/envelope';
import type { Hub } from '../bus/hub.js';
import type { InterestHandler } from '../bus/interest.js';
import type { SubscribeRequest } from '../socket/commands/parse-subscribe.js';
import type { Store } from '../store/store.js';

export type { Gap } from '../store/watch-tables.js';

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

export interface Ack {
  readonly name: string;
  /** An event_id; null: all that woke. */
  readonly upTo: string | null;
  /** Called with how many were not acknowledged before. */
  readonly done: (count: number) => void;
  readonly fail: (error: WaitbusError) => void;
}

export interface Wakes {
  /** null: everybody's. */
  readonly name: string | null;
  readonly limit: number;
  readonly done: (wakes: readonly object[]) => void;
  readonly fail: (error: WaitbusError) => void;
}
