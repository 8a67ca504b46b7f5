/** What an event has from the way it was observed, whatever happened. */
import type { Json } from '@waitbus/plugin-sdk';
import { integer, type Members } from './members.js';
import type { Repository } from './repository.js';

export interface Observed {
  readonly repository: Repository | null;
  /** Taken where what happened has no name of its own. */
  readonly delivery_id: string;
  readonly ingest_method: 'webhook' | 'poll';
  readonly payload: Json;
}

/**
 * Whether a run or a job tells which attempt it is of. Of a delivery that does not, one that was run
 * again would pass for the attempt before: its own id names it, then.
 */
export function hasAttempt(given: Members, { ingest_method: by }: Pick<Observed, 'ingest_method'>) {
  return by === 'poll' || integer(given['run_attempt']) !== undefined;
}
