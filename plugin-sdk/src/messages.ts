/**
 * The messages between the host and a source's process, over the IPC pipe with structured clone.
 * Both sides carry the version; a child of another version is refused at `hello`.
 */
import type { SourceEvent } from './envelope/index.js';

export const MESSAGES_VERSION = 1;

/** From the host. `load`, `configure` and `start` are answered by `done` with the same step. */
export type HostMessage =
  | { readonly type: 'load'; readonly source: string; readonly entry: string }
  | {
      readonly type: 'configure';
      readonly config: unknown;
      readonly stateDir: string;
      /** Those that the user granted to this source; none when it is absent. */
      readonly secrets?: Readonly<Record<string, string>>;
    }
  | { readonly type: 'start' }
  | { readonly type: 'roots'; readonly generation: number; readonly roots: readonly string[] }
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
  | { readonly type: 'emit'; readonly id: number; readonly event: SourceEvent }
  | {
      readonly type: 'log';
      readonly level: 'debug' | 'info' | 'warn' | 'error';
      readonly message: string;
      readonly details: object;
    }
  | { readonly type: 'failed'; readonly message: string; readonly remedy: string | null };
