/** The shape of a check: what it needs to say anything, when it does not apply, and what it does. */
import type { SourceEntry } from '../manifest/entry.js';
import type { CheckId } from './report.js';
import type { Target } from './target.js';

/** What one check finds out for those after it. */
export interface Facts {
  /** How many events one call of `provoke` makes. */
  perRound: number;
}

export interface SourceCheck {
  readonly id: CheckId;
  readonly sentence: string;
  /** If one of these failed, this one would say nothing. */
  readonly needs: readonly CheckId[];
  /** Why the manifest exempts the source, or null. */
  readonly skip: (declared: SourceEntry) => string | null;
  /** @throws Failure when the source does not conform */
  readonly run: (target: Target, facts: Facts) => Promise<void>;
}

export const needsProcess = (declared: SourceEntry): string | null =>
  declared.activation === 'emit-only' ? 'its activation is emit-only: it has no process' : null;
