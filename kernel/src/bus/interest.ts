/**
 * Interest: a subscriber names sources, and whoever runs the sources (the host) answers for them.
 * The kernel knows no source; this is the seam.
 */
import type { Predicate } from '../predicate/index.js';

export type SourceState = 'starting' | 'running' | 'failed' | 'quarantined' | 'stopped';

export interface SourceStateFrame {
  readonly kind: 'source_state';
  readonly source: string;
  readonly state: SourceState;
  /** What happened, for people; empty when there is nothing to say. */
  readonly detail: string;
  /** The command that mends it; empty when nothing is broken. */
  readonly remedy: string;
  /** Nothing runs for it: other programs emit under its name. */
  readonly emit_only?: true;
}

/** What a source has to say of what a subscriber asks for. */
export interface WaitNoteFrame {
  readonly kind: 'wait_note';
  readonly source: string;
  /** For programs. A subscriber keeps the last note of each code of a source. */
  readonly code: string;
  /** `cleared`: what an earlier note of this code said holds no more. */
  readonly level: 'info' | 'warning' | 'impossible' | 'cleared';
  readonly detail: string;
  /** What mends it; empty when there is nothing to do. */
  readonly remedy: string;
  /** Which of the alternatives it is about, by their place; absent: all that are of the source. */
  readonly clauses?: readonly number[] | undefined;
  readonly data?: unknown;
}

export interface Interest {
  readonly sources: readonly string[];
  /** The subscriber's working directory, when it told. */
  readonly cwd: string | null;
  /** `owner/repo` or `owner/*`, one of which an event must be of; empty: all. */
  readonly filters: readonly string[];
  /** What an event must meet: at least one, and one of them is enough. */
  readonly anyOf: readonly Predicate[];
  /** The subscriber's process; null where the system does not tell. */
  readonly pid: number | null;
  /** Tells the subscriber about one of its sources, at once. */
  tell(frame: SourceStateFrame): void;
  /** Tells it after every matching event that is committed already. */
  note(frame: WaitNoteFrame): void;
}

export interface InterestGrant {
  /** Per source, what its events must meet besides to concern this subscriber. */
  readonly scopes: ReadonlyMap<string, Predicate>;
  /** Per source that has such, the event types whose conclusion is a verdict. */
  readonly verdicts?: Readonly<Record<string, readonly string[]>>;
  /** Why nothing that is asked for can ever come, as far as is known before it begins; null: it may. */
  readonly impossible?: () => WaitNoteFrame | null;
  /** Called once the subscriber is acknowledged: activates, and tells the state of each source. */
  begin(): void;
  /** Called once when the subscriber is gone. */
  release(): void;
}

/** @throws WaitbusError WAITBUS_UNKNOWN_SOURCE */
export type InterestHandler = (interest: Interest) => InterestGrant;

/** Who answers for sources. */
export interface SourceHost {
  /** @throws WaitbusError when events may not be emitted under this name */
  readonly checkSource: (name: string) => void;
  readonly interest: InterestHandler;
}

/** Without a host every name is fine and nothing is activated. */
export const NO_HOST: SourceHost = {
  checkSource: () => undefined,
  interest: () => ({
    scopes: new Map(),
    begin: () => undefined,
    release: () => undefined,
  }),
};
