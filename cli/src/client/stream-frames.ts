/** What a stream yields: the frames of the wire that matter to its reader, and one of its own. Types only. */
import type { Fields } from '@waitbus/plugin-sdk/envelope';

/** An event as it comes over the wire. */
export interface EventFrame {
  readonly kind: 'event';
  readonly event_id: string;
  readonly event_type: string;
  readonly owner: string;
  readonly repo: string;
  /** Nanoseconds since the epoch. */
  readonly received_at: bigint;
  readonly delivery_id: string;
  readonly summary: string;
  readonly fields: Fields;
}

export interface AckFrame {
  readonly kind: 'subscribe_ack';
  readonly caught_up_at: string | null;
  readonly head: string;
}

export interface GapFrame {
  readonly kind: 'gap';
  readonly after: string;
  readonly floor: string;
}

/** The replay is over; only after a request with a cursor. */
export interface CaughtUpFrame {
  readonly kind: 'caught_up';
  readonly head: string;
}

export interface SourceStateFrame {
  readonly kind: 'source_state';
  readonly source: string;
  readonly state: 'starting' | 'running' | 'failed' | 'quarantined' | 'stopped';
  readonly detail: string;
  readonly remedy: string;
}

/** What a source has to say of what is asked for; of each code of a source the last counts. */
export interface WaitNoteFrame {
  readonly kind: 'wait_note';
  readonly source: string;
  readonly code: string;
  /** `impossible`: it cannot come. `warning`: not as things are. `cleared`: it is over. */
  readonly level: 'info' | 'warning' | 'impossible' | 'cleared';
  readonly detail: string;
  /** What mends it; empty when there is nothing to do. */
  readonly remedy: string;
  /** Which of `anyOf` it is about, by their place; absent: all that are of the source. */
  readonly clauses?: readonly number[];
  readonly data?: unknown;
}

/** Made here, not by the daemon: the connection was lost and is being restored. */
export interface DisconnectedFrame {
  readonly kind: 'disconnected';
  readonly reason: string;
}

export type StreamFrame =
  | EventFrame
  | AckFrame
  | CaughtUpFrame
  | GapFrame
  | SourceStateFrame
  | WaitNoteFrame
  | DisconnectedFrame;
