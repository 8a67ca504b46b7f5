/** What an event has from the way it was observed, whatever happened. */
import type { Json } from '@waitbus/plugin-sdk';
import type { Repository } from './repository.js';

export interface Observed {
  readonly repository: Repository | null;
  /** Taken where what happened has no name of its own. */
  readonly delivery_id: string;
  readonly ingest_method: 'webhook' | 'poll';
  readonly payload: Json;
}
