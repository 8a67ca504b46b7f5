/** What the commands work on. */
import type { CheckedEvent } from '@waitbus/plugin-sdk/envelope';
import type { Hub } from '../../bus/hub.js';
import type { InterestHandler } from '../../bus/interest.js';
import type { Publisher } from '../../bus/publisher.js';
import type { Holds } from '../../holds/holds.js';
import type { Store } from '../../store/store.js';
import type { Watches } from '../../watches/watches.js';
import type { Request } from '../connection.js';
import type { Session } from '../session.js';

export interface CommandContext {
  readonly store: Store;
  readonly hub: Hub;
  readonly publisher: Publisher;
  readonly holds: Holds;
  readonly watches: Watches;
  readonly heartbeatSec: number;
  /** The clock, in milliseconds since the epoch. */
  readonly now: () => number;
  /** Checks an event from outside, its source included. */
  readonly checkEvent: (value: unknown) => CheckedEvent;
  readonly interest: InterestHandler;
  /** What `status` says about the kernel and, through the host, about its sources. */
  readonly describe: () => object;
}

/** One request of the wire. What it throws is answered with an `error` frame. */
export type Command = (context: CommandContext, session: Session, request: Request) => void;
