/** Whether an event came to a model, how often, and how long after its commit. Pure. */
import { number, text, type JsonObject } from './json.js';
import type { Asked } from './model/server.js';

export interface Arrival {
  /** How often the model has it before it in the longest of its requests: once, if all is well. */
  readonly times: number;
  /** From the commit to the first request that has it, in milliseconds; null: none has. */
  readonly latencyMs: number | null;
}

/**
 * What was said stays in the conversation, so each later request shows once more how often it was said.
 *
 * @param mark stands in the event's summary and nowhere else
 * @param log all that the daemon has
 */
export function arrivalOf(
  mark: string,
  turns: readonly Asked[],
  log: readonly JsonObject[],
): Arrival {
  const counts = turns.map(
    ({ turn }) =>
      turn.said.filter(({ by, text: said }) => by !== 'model' && said.includes(mark)).length,
  );
  const event = log.find(({ summary }) => text(summary).includes(mark));
  const committed = number(event?.['received_at']) / 1e6;
  const first = turns[counts.findIndex((count) => count > 0)];
  return {
    times: Math.max(0, ...counts),
    latencyMs: first === undefined || committed === 0 ? null : first.at - committed,
  };
}
