/** What the benchmark asks of its producer and subscriber programs, and what they report. */
import type { SystemName } from '../systems/clients.js';

export interface ProducerJob {
  readonly system: SystemName;
  readonly address: string;
  /** Events before the clock starts; each measurement numbers its events from 0. */
  readonly warmUp: number;
  readonly events: number;
  /** How many events one request carries (waitbus only). */
  readonly perRequest: number;
  /**
   * `paced`: one event each `intervalUs`, whatever happens. `one-by-one`: the next when the last is
   * acknowledged. `pipelined`: `perWrite` at a time, as long as fewer than `window` are open.
   */
  readonly how:
    | { readonly kind: 'paced'; readonly intervalUs: number }
    | { readonly kind: 'one-by-one' }
    | { readonly kind: 'pipelined'; readonly perWrite: number; readonly window: number };
}

/** Times by the shared clock, in nanoseconds. */
export interface ProducerReport {
  readonly startedNs: number;
  readonly acknowledgedNs: number;
  /** From send to acknowledgement in nanoseconds, for `one-by-one`. */
  readonly histogram: string | null;
}

export interface SubscriberJob {
  readonly system: SystemName;
  readonly address: string;
  /** `now`, `start`, or the event_id to go on after. */
  readonly from: string;
  /** One list of predicates for each subscriber; its length is the number of subscribers. */
  readonly matches: readonly (readonly string[])[];
  /** How many deliveries, over all subscribers, end the measurement. */
  readonly expected: number;
  /** Events up to this number are warm-up; null measures no latency at all. */
  readonly measureFrom: number | null;
  /** Whether every subscriber must see each number, without a gap. */
  readonly gapless: boolean;
}

export interface SubscriberReport {
  readonly delivered: number;
  /** Deliveries that were out of order, repeated or, where `gapless`, after a gap. */
  readonly misplaced: number;
  /** Before the first subscriber connected. */
  readonly connectingNs: number;
  readonly armedNs: number;
  readonly lastNs: number;
  /** From due to delivered, in nanoseconds, where `measureFrom` was given. */
  readonly histogram: string | null;
}
