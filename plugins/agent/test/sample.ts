/** A hook's input and what it has to become on the bus. */
import type { HarnessName, HookReport } from '../src/harness/index.js';

export interface Sample {
  readonly harness: HarnessName;
  /** What stands behind the harness on the command line. */
  readonly args: readonly string[];
  readonly env?: Readonly<Record<string, string>>;
  readonly body: Readonly<Record<string, unknown>> | null;
  /** `type scope` and some of the fields; null: nothing is said. */
  readonly becomes: readonly (readonly [string, Readonly<Record<string, unknown>>])[] | null;
  readonly may?: Partial<HookReport>;
}

export const WAKE = { canWake: true, loop: false };
export const INTRODUCE = { canInform: true, introduce: true };
