/** What is measured of one source: a real counterpart that can be made to do what the source tells of. */
import type { Sandbox } from '../support/sandbox.js';

export interface Subject {
  readonly source: string;
  /** When the clock starts, for people. */
  readonly moment: string;
  /** Why it cannot be measured here; null when it can. */
  missing(): string | null;
  /** Starts the counterpart, and turns the source on. */
  prepare(box: Sandbox): Promise<Prepared>;
}

export interface Prepared {
  /** The counterpart, with its version. */
  readonly counterpart: string;
  /** The wait's arguments in this round. */
  wait(round: number): readonly string[];
  /** Makes it happen, and resolves with the moment, by `clock.ts`; it may resolve after the wait. */
  happen(round: number): Promise<number>;
  /** Ends what the sandbox does not. */
  cleanup?(): Promise<void>;
}
