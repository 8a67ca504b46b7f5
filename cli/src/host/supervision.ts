/** What a supervisor is given and what it tells: types, and how patient it is. */
import type { EmitResult, SourceState } from '@waitbus/kernel';
import type { SourceEvent, Step } from '@waitbus/plugin-sdk';
import { backoff } from './backoff.js';
import type { ForkSource } from './child.js';
import type { InstalledSource, Quarantine } from './inventory.js';

export interface SupervisorLog {
  debug(details: object, message: string): void;
  info(details: object, message: string): void;
  warn(details: object, message: string): void;
  error(details: object, message: string): void;
}

export interface SupervisorOptions {
  readonly source: InstalledSource;
  readonly fork: ForkSource;
  readonly stateDir: string;
  /** The source's own section of the configuration; checked in the child. */
  readonly config: unknown;
  readonly publish: (event: SourceEvent & { source: string }) => Promise<EmitResult>;
  readonly log: SupervisorLog;
  /** Milliseconds that a source runs on after the last interest. */
  readonly lingerMs: number;
  /** Asked right before its code would run: why it must not, or null. Default: nothing. */
  readonly verify?: () => Promise<Quarantine | null>;
  /** Default: PATIENCE. */
  readonly patience?: Patience;
}

export interface SourceCondition {
  readonly state: SourceState;
  readonly detail: string;
  readonly remedy: string;
}

export interface Patience {
  /** A step that takes longer than this has failed, in milliseconds. */
  readonly deadlinesMs: Readonly<Record<Step | 'ready', number>>;
  /** A source that ran this long before it failed starts a new row of failures. */
  readonly stableMs: number;
  /** See `backoff`. */
  readonly backoff: (failures: number) => number | null;
}

export const PATIENCE: Patience = {
  deadlinesMs: { load: 10_000, configure: 10_000, start: 30_000, ready: 60_000 },
  stableMs: 60_000,
  backoff,
};
