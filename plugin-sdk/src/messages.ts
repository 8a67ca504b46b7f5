/**
 * The messages between the host and a source's process, as JSON over the channel. Both sides carry
 * the version; a child of another version is refused at `hello`.
 */
import type { Json, SourceEvent } from './envelope/index.js';
import type { WaitNote } from './wait-note.js';
import type { Waiter } from './waiter.js';

export const MESSAGES_VERSION = 4;

/** A source may have this many emits unanswered; one more breaks the contract. */
export const MAX_IN_FLIGHT = 32;

/** From the host. `load`, `configure` and `start` are answered by `done` with the same step. */
export type HostMessage =
  | {
      readonly type: 'load';
      readonly source: string;
      readonly entry: string;
      /** Absolute directories outside of which its modules import nothing. Absent: anywhere. */
      readonly within?: readonly string[];
    }
  | {
      readonly type: 'configure';
      readonly config: unknown;
      readonly stateDir: string;
      /** Those that the user granted to this source. */
      readonly secrets: Readonly<Record<string, string>>;
    }
  /** In the place of `configure`, for whoever only asks; answered by `examined`. */
  | { readonly type: 'examine'; readonly config: unknown }
  | { readonly type: 'start' }
  | { readonly type: 'roots'; readonly generation: number; readonly roots: readonly string[] }
  /**
   * Who waits on the source: everybody before `start`, then who came and who left. Each that came is
   * answered by `checked` once the source is ready.
   */
  | { readonly type: 'waiters'; readonly came: readonly Waiter[]; readonly left: readonly number[] }
  /** Answered by `pong` with the same id: the source's event loop turns. */
  | { readonly type: 'ping'; readonly id: number }
  | {
      readonly type: 'emitted';
      readonly id: number;
      readonly event_id: string;
      readonly inserted: boolean;
    }
  | {
      readonly type: 'refused';
      readonly id: number;
      readonly code: string;
      readonly message: string;
    };

/** The answer to `examine`, which the host of a source that runs never asks. */
export type ExaminedMessage = { readonly type: 'examined' } & Examined;

/** What a source's own schema says of a section of the configuration. */
export interface Examined {
  /** Empty when it is in order. */
  readonly issues: readonly ConfigIssue[];
  /** With defaults; null when there are issues. */
  readonly config: Json;
  /** The JSON Schema of a section; null when the source's schema cannot tell. */
  readonly schema: Json;
}

export interface ConfigIssue {
  readonly path: readonly (string | number)[];
  readonly message: string;
  /** The member that `path` leads to is not known to the source. */
  readonly unknown: boolean;
}

export type Step = 'load' | 'configure' | 'start';

/** From a source's process. */
export type ChildMessage =
  | { readonly type: 'hello'; readonly version: number }
  | { readonly type: 'done'; readonly step: Step }
  | { readonly type: 'ready' }
  | { readonly type: 'roots_ready'; readonly generation: number }
  /** How it observes now; `descriptionLine` makes of it what is shown. */
  | { readonly type: 'describe'; readonly detail: string }
  /** The waiter was looked at: all that the source's check has to say of it now. */
  | { readonly type: 'checked'; readonly id: number; readonly notes: readonly WaitNote[] }
  /** One thing more to say to a waiter. */
  | { readonly type: 'note'; readonly id: number; readonly note: WaitNote }
  | {
      readonly type: 'pong';
      readonly id: number;
      /** Resident bytes, by the process's own word. */
      readonly memory: number;
    }
  | { readonly type: 'emit'; readonly id: number; readonly event: SourceEvent }
  | {
      readonly type: 'log';
      readonly level: 'debug' | 'info' | 'warn' | 'error';
      readonly message: string;
      readonly details: object;
    }
  | { readonly type: 'failed'; readonly message: string; readonly remedy: string | null };
