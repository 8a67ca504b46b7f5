/**
 * The messages between the host and a source's process, as JSON over the channel. Both sides carry
 * the version; a child of another version is refused at `hello`.
 */
import type { SourceEvent } from './envelope/index.js';
import type { Waiter } from './waiter.js';

export const MESSAGES_VERSION = 3;

/** A source may have this many emits unanswered; one more breaks the contract. */
export const MAX_IN_FLIGHT = 32;

/** From the host. `load`, `configure` and `start` are answered by `done` with the same step. */
export type HostMessage =
  | { readonly type: 'load'; readonly source: string; readonly entry: string }
  | {
      readonly type: 'configure';
      readonly config: unknown;
      readonly stateDir: string;
      /** Those that the user granted to this source. */
      readonly secrets: Readonly<Record<string, string>>;
    }
  | { readonly type: 'start' }
  | { readonly type: 'roots'; readonly generation: number; readonly roots: readonly string[] }
  /** Who waits on the source: before `start`, and on each change. */
  | { readonly type: 'waiters'; readonly waiters: readonly Waiter[] }
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

export type Step = 'load' | 'configure' | 'start';

/** From a source's process. */
export type ChildMessage =
  | { readonly type: 'hello'; readonly version: number }
  | { readonly type: 'done'; readonly step: Step }
  | { readonly type: 'ready' }
  | { readonly type: 'roots_ready'; readonly generation: number }
  /** How it observes now; `descriptionLine` makes of it what is shown. */
  | { readonly type: 'describe'; readonly detail: string }
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
