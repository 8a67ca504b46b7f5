/** `emit`: events into the log, acknowledged once committed, all or none. */
import { LIMITS, stringifyJson, WaitbusError } from '@waitbus/plugin-sdk/envelope';
import type { EmitResult } from '../../store/append.js';
import { errorFrame } from '../connection.js';
import type { Command } from './context.js';

export const emit: Command = (context, { connection }, request) => {
  const { events, id } = request;
  if (!Array.isArray(events) || events.length === 0) {
    throw new WaitbusError('WAITBUS_BAD_REQUEST', 'events must be a list of at least one event');
  }
  if (events.length > LIMITS.eventsPerRequest) {
    throw new WaitbusError(
      'WAITBUS_BAD_EVENT',
      `events: ${events.length} are more than the ${LIMITS.eventsPerRequest} of one request`,
    );
  }
  const checked = events.map((event, index) => {
    try {
      return context.checkEvent(event);
    } catch (error) {
      if (events.length > 1 && error instanceof WaitbusError) {
        throw new WaitbusError(error.code, `events[${index}]: ${error.message}`, error.remedy);
      }
      throw error;
    }
  });
  const answer = connection.owe();
  context.publisher.publish(checked, (outcome) => {
    if (outcome.error === undefined) answer(ackText(id, outcome.results));
    else answer(stringifyJson(errorFrame(id, outcome.error)));
  });
};

/** Spliced, because it is written once for every request. */
function ackText(id: unknown, results: readonly EmitResult[]): string {
  const list = results.map(
    ({ event_id: eventId, inserted }) => `{"event_id":"${eventId}","inserted":${inserted}}`,
  );
  return `{"kind":"emit_ack","id":${stringifyJson(id ?? null)},"results":[${list.join(',')}]}`;
}
