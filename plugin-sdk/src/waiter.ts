/** Who waits on a source, and for what: as the daemon tells it to the source. Types only. */
import type { Json } from './envelope/index.js';

/** One subscription that names the source. */
export interface Waiter {
  /** Its own: no other subscription of this daemon's life has it. */
  readonly id: number;
  /** Its directory; null when it told none. */
  readonly cwd: string | null;
  /** `owner/repo` or `owner/*`, one of which its events must be of; empty: all. */
  readonly filters: readonly string[];
  /** Alternatives, each a conjunction. One that is empty holds for every event of the source. */
  readonly anyOf: readonly (readonly Condition[])[];
  /**
   * Those variables of the waiting process that the manifest's `capabilities.env` names, as they were
   * when it started; null where the system does not tell.
   */
  readonly env: Readonly<Record<string, string>> | null;
}

/**
 * `key op value`, by the grammar of predicates: types are exact, and several `=` on one key of a
 * conjunction are alternatives.
 */
export interface Condition {
  /** As written, from the root of the event's frame: `fields.head_sha`. */
  readonly key: string;
  readonly op: '=' | '!=' | '<' | '<=' | '>' | '>=' | '^=' | '*=';
  /** A scalar; an integer beyond 2^53 is a bigint. */
  readonly value: Json;
}
