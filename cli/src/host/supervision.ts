/** What a supervisor and its runs are given and what they tell, and how patient they are. */
import type { EmitResult, SourceState } from '@waitbus/kernel';
import type { ChildMessage, HostMessage, SourceEvent, Step } from '@waitbus/plugin-sdk';
import { ERRORS } from '@waitbus/plugin-sdk/envelope';
import { backoff } from './backoff.js';
import type { Chatter } from './chatter.js';
import type { ForkSource } from './child.js';
import type { Intake } from './intake.js';
import type { InstalledSource, Quarantine } from './inventory.js';
import { DATA_CAP_BYTES } from './launch.js';

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
  /** The source's own section of the configuration, read at each start; checked in the child. */
  readonly config: () => unknown;
  readonly publish: (event: SourceEvent & { source: string }) => Promise<EmitResult>;
  readonly log: SupervisorLog;
  /** Milliseconds that a source runs on after the last interest. */
  readonly lingerMs: number;
  /**
   * Asked right before its code would run: why it must not, or null; when it throws, the source has
   * failed and is tried again. Default: nothing.
   */
  readonly verify?: (source: InstalledSource) => Promise<Quarantine | null>;
  /** What the user granted it, read at each start. Default: nothing. */
  readonly secrets?: (source: InstalledSource) => Readonly<Record<string, string>>;
  /** Default: nobody hears what it says to its waiters. */
  readonly onSaid?: (said: Said) => void;
  /** Default: PATIENCE. */
  readonly patience?: Patience;
}

export interface SourceCondition {
  readonly state: SourceState;
  readonly detail: string;
  readonly remedy: string;
}

/** Of a source that has no run. */
export function restingCondition({ quarantine }: InstalledSource): SourceCondition {
  if (quarantine === null) return { state: 'stopped', detail: '', remedy: '' };
  return { state: 'quarantined', detail: quarantine.reason, remedy: quarantine.remedy };
}

/** Of a source whose run has failed. @param pause until the next try, or null for none */
export function brokenCondition(
  name: string,
  { detail, remedy }: { readonly detail: string; readonly remedy: string | null },
  failures: number,
  pause: number | null,
): SourceCondition {
  if (pause !== null) {
    const next = `${detail}; next try in ${pause / 1000} s`;
    return { state: 'starting', detail: next, remedy: remedy ?? '' };
  }
  const usual = ERRORS.WAITBUS_SOURCE_FAILED.remedy.replace('NAME', name);
  const given = `${detail}; given up after ${failures} failures`;
  return { state: 'failed', detail: given, remedy: remedy ?? usual };
}

/** What there is to count about a source. */
export interface Vitals {
  /** Resident bytes of its process, or null. */
  readonly memory: number | null;
  /** Events accepted from its processes since the daemon started. */
  readonly events: number;
  /** When the last of them was accepted. */
  readonly lastEvent: Date | null;
  /** Whether its answers are held back, because it emits more than it may. */
  readonly slowed: boolean;
  /** How often it was started again after a failure. */
  readonly restarts: number;
}

export interface RunOptions extends Pick<SupervisorOptions, 'fork' | 'stateDir' | 'config'> {
  readonly source: InstalledSource;
  readonly secrets: () => Readonly<Record<string, string>>;
  readonly verify: (source: InstalledSource) => Promise<Quarantine | null>;
  readonly patience: Patience;
  readonly intake: Intake;
  readonly chatter: Chatter;
  /** What the source is told of those interested when it is about to start. */
  readonly demand: () => readonly HostMessage[];
  readonly onReady: () => void;
  /** How it observes, in one line. */
  readonly onDescribed: (description: string) => void;
  /** Nothing is missed any more under the roots of this generation. */
  readonly onArmed: (generation: number) => void;
  /** What it says to its waiters. */
  readonly onSaid: (said: Said) => void;
  readonly onEnd: (end: RunEnd) => void;
}

export type Said = Extract<ChildMessage, { readonly type: 'checked' | 'note' }>;

export interface RunEnd {
  /** Why it failed, for people. */
  readonly reason: string;
  /** What the source itself says would mend it. */
  readonly remedy: string | null;
  /** How long it ran after it was ready, in milliseconds. */
  readonly ranMs: number;
}

export interface Patience {
  /** A step that takes longer than this has failed, in milliseconds. */
  readonly deadlinesMs: Readonly<Record<Step | 'ready', number>>;
  /** How often a running source is asked whether its loop turns, and how soon it must answer. */
  readonly heartbeat: { readonly everyMs: number; readonly deadlineMs: number };
  /** Resident memory of a running source; looked at with each heartbeat. */
  readonly maxResidentBytes: number;
  /** A source that ran this long before it failed starts a new row of failures. */
  readonly stableMs: number;
  /** See `backoff`. */
  readonly backoff: (failures: number) => number | null;
}

/** What a source says of itself may change at its own pace; its waiters hear of it at this one. */
export const DESCRIBED_EVERY_MS = 1000;

/** Messages of a source besides events, with a KiB of one counted as one more. It has few reasons to send any. */
export const MESSAGES = { perSecond: 10_000, burst: 30_000 } as const;

export const PATIENCE: Patience = {
  deadlinesMs: { load: 10_000, configure: 10_000, start: 30_000, ready: 60_000 },
  heartbeat: { everyMs: 10_000, deadlineMs: 10_000 },
  maxResidentBytes: DATA_CAP_BYTES,
  stableMs: 60_000,
  backoff,
};
