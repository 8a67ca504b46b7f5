/**
 * What one connection has going: its subscription, its interest in sources, its attachment and last
 * will. Ends them all when the connection ends.
 */
import type { CheckedEvent } from '@waitbus/plugin-sdk/envelope';
import type { InterestGrant } from '../bus/interest.js';
import type { Subscription } from '../bus/subscription.js';
import type { Connection } from './connection.js';

export interface Attachment {
  readonly name: string;
  /** Milliseconds since the epoch. */
  readonly since: number;
  readonly will: CheckedEvent | null;
}

export class Session {
  readonly connection: Connection;
  /** The process at the other end; null where the system does not tell. */
  readonly pid: number | null;
  subscription: Subscription | null = null;
  interest: InterestGrant | null = null;
  attachment: Attachment | null = null;

  constructor(connection: Connection, pid: number | null) {
    this.connection = connection;
    this.pid = pid;
  }
}
