/** What a stream yields: the frames of the wire that matter to its reader, and one of its own. Types only. */
import type { EventFrame } from './event-frame.js';

export type { EventFrame };

export interface AckFrame {
  readonly kind: 'subscribe_ack';
  readonly caught_up_at: string | null;
  readonly head: string;
  /** By source, the event types whose conclusion is a verdict. */
  readonly verdicts?: Readonly<Record<string, readonly string[]>>;
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
  /** Nothing runs for it: other programs emit under its name. */
  readonly emit_only?: true;
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

/** Made here, not by the daemon: the time has come that the wait's state asked for. */
export interface TickFrame {
  readonly kind: 'tick';
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
  | TickFrame
  | DisconnectedFrame;
