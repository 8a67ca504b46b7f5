/** `emit`: events into the log, acknowledged once committed, all or none. */
import { LIMITS, WaitbusError } from '@waitbus/plugin-sdk/envelope';
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
    if (outcome.error === undefined) {
      answer({ kind: 'emit_ack', id: id ?? null, results: outcome.results });
    } else {
      answer(errorFrame(id, outcome.error));
    }
  });
};
