/** What a hold is asked for with, and what holds need of the daemon. */
import type { CheckedEvent, WaitbusError } from '@waitbus/plugin-sdk/envelope';
import type { Outcome } from '../store/store.js';
import type { Journal } from './journal.js';

/** A connection. */
export interface Owner {
  send(message: object): void;
}

export interface Wanted {
  readonly token: string;
  readonly key: string;
  readonly mayWait: boolean;
  /** It was held before the connection was lost. */
  readonly resume: boolean;
  /** Published with the grant. */
  readonly granted: CheckedEvent | null;
  /** Published when the owner's connection ends while it holds; as it came, for the journal. */
  readonly will: unknown;
  /** For those who ask who holds what. */
  readonly data: unknown;
}

/** The answer to a request, sent at once or when it is granted. */
export type Answer = (frame: object | WaitbusError) => void;

export interface HoldsOptions {
  readonly journal: Journal;
  readonly publish: (event: CheckedEvent, done: (outcome: Outcome) => void) => void;
  readonly checkEvent: (value: unknown) => CheckedEvent;
  readonly now: () => number;
  readonly log: {
    info(details: object, message: string): void;
    error(details: object, message: string): void;
  };
}
