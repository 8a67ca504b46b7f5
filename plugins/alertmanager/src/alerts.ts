/**
 * Stores the alerts of a notification. Only when all of them are stored does it resolve: Alertmanager
 * sends what was not again, and what was stored already keeps its one event.
 */
import type { EmitResult, SourceEvent, SourceState } from '@waitbus/plugin-sdk';
import { Episodes } from './episodes.js';
import { toAlertEvent } from './events.js';
import type { Alert, Notification } from './notification.js';

export interface Stored {
  /** Events that were not there before. */
  readonly stored: number;
  /** Notifications of what was stored before. */
  readonly repeated: number;
}

export type Emit = (event: SourceEvent) => Promise<EmitResult>;

/** Events that are made at a time, so that a large group is not held twice. */
const AT_ONCE = 256;
const EPISODES = 'episodes';
/** What tells of something that is over makes no event. */
const OVER = { inserted: false };

export class Alerts {
  readonly #emit: Emit;
  readonly #state: SourceState;
  readonly #episodes: Episodes;

  constructor(emit: Emit, state: SourceState) {
    this.#emit = emit;
    this.#state = state;
    this.#episodes = new Episodes(state.get(EPISODES));
  }

  /**
   * One call at a time.
   * @throws whatever kept one from being stored; those before it, and perhaps some after it, are
   */
  async take({ alerts, group }: Notification, now: string): Promise<Stored> {
    const sender = group.externalUrl ?? '';
    let stored = 0;
    for (const batch of batchesOf(alerts)) {
      const results = await Promise.allSettled(
        batch.map((alert) => {
          const key = this.#episodes.keyOf(alert, sender, now);
          return key === null ? Promise.resolve(OVER) : this.#emit(toAlertEvent(alert, group, key));
        }),
      );
      for (const [index, alert] of batch.entries()) {
        const result = results[index];
        if (result?.status !== 'fulfilled') continue;
        this.#episodes.note(alert, sender, now);
        if (result.value.inserted) stored += 1;
      }
      const failed = results.find((result) => result.status === 'rejected');
      if (failed !== undefined) throw failed.reason;
    }
    // Before the answer: without it a firing that follows would look like a repeat of this one.
    this.#episodes.save((value) => this.#state.set(EPISODES, value));
    return { stored, repeated: alerts.length - stored };
  }
}

/** No alert twice in one, since what the first tells decides about the second. */
function* batchesOf(alerts: readonly Alert[]): Generator<readonly Alert[]> {
  let batch: Alert[] = [];
  let seen = new Set<string>();
  for (const alert of alerts) {
    if (batch.length === AT_ONCE || seen.has(alert.fingerprint)) {
      yield batch;
      batch = [];
      seen = new Set();
    }
    batch.push(alert);
    seen.add(alert.fingerprint);
  }
  if (batch.length > 0) yield batch;
}
