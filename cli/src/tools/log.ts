/** The tools that read the log: `tail` and `get_event`. */
import * as z from 'zod';
import { ULID } from '@waitbus/kernel/ulid';
import { stringifyJson, type Fields } from '@waitbus/plugin-sdk/envelope';
import { DaemonConnection } from '../client/connection.js';
import { eventFrameOf } from '../client/event-frame.js';
import { reach } from '../client/reach.js';
import { readLog } from '../client/read-log.js';
import type { EventFrame } from '../client/stream.js';
import { defineTool, eventHead, fenced, headOf, said, type ToolOptions } from './tool.js';

export function tailTool(options: ToolOptions) {
  return defineTool({
    name: 'tail',
    title: 'Read recent events',
    description:
      'The newest events of the log, without waiting: what happened while you did something else.',
    readOnly: true,
    input: z.strictObject({
      source: z.string().optional(),
      match: z.array(z.string().min(1)).optional().describe('Predicates that must all hold.'),
      since: z
        .string()
        .default('1h')
        .describe('An event_id, a duration ago such as 10m, or start.'),
      limit: z.int().min(1).max(200).default(20).describe('At most so many, the newest.'),
    }),
    output: z.object({
      events: z.array(eventHead).describe('The oldest first.'),
      said,
      left_out: z.int().describe('How many older ones matched.'),
      cursor: z.string().describe('Give it as since, to tail or wait, to go on from here.'),
    }),
    run: async ({ source, match = [], since, limit }, { signal }) => {
      const own = source === undefined ? [] : [`fields.source=${JSON.stringify(source)}`];
      const { events, count, cursor } = await readLog(
        { match: [...own, ...match], since, limit },
        options,
        signal,
      );
      const head = `${count} matching since ${since}${count > events.length ? `, the newest ${events.length} here` : ''}. cursor: ${cursor}`;
      const shown = fenced(head, events, options);
      return {
        text: shown.text,
        data: {
          events: events.map(headOf),
          said: shown.said,
          left_out: count - events.length,
          cursor,
        },
      };
    },
  });
}

/** @throws WaitbusError WAITBUS_UNKNOWN_EVENT */
export async function readEvent(eventId: string, options: ToolOptions): Promise<EventFrame> {
  const connection = await reach((socket) => DaemonConnection.open(socket), options);
  try {
    const { event } = await connection.request({ op: 'get', event_id: eventId });
    return eventFrameOf(event);
  } finally {
    connection.close();
  }
}

export function getEventTool(options: ToolOptions) {
  return defineTool({
    name: 'get_event',
    title: 'Read one event',
    description:
      'The whole of one event, with the payload that its source gave: a traceback, the output of a hook. Long ones are cut.',
    readOnly: true,
    input: z.strictObject({ event_id: z.string().regex(ULID, 'an event_id, 26 characters') }),
    output: z.object({ event: eventHead, said }),
    run: async ({ event_id }) => {
      const event = (await readEvent(event_id, options)) as EventFrame & { payload?: unknown };
      const { payload } = event;
      const fields: Fields =
        payload === undefined || payload === null
          ? event.fields
          : { ...event.fields, payload: textOf(payload) };
      const shown = fenced(`event ${event_id}`, [{ ...event, fields }], options);
      return { text: shown.text, data: { event: headOf(event), said: shown.said } };
    },
  });
}

/** A payload may be nested deeper than can be written: `emit` came close to the limit, we are past it. */
function textOf(payload: unknown): string {
  try {
    return stringifyJson(payload);
  } catch {
    return '(nested too deep to be shown)';
  }
}
