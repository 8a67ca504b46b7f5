/** `reply`: answers a message, named by its event_id or its correlation id. */
import { ULID } from '@waitbus/kernel/ulid';
import { WaitbusError } from '@waitbus/plugin-sdk/envelope';
import { DaemonConnection } from './connection.js';
import { emit, type EmitReceipt } from './emit.js';
import { eventFrameOf } from './event-frame.js';
import { isAsk, messageEvent, readMessage, type Message } from './message.js';
import { reach, type ReachOptions } from './reach.js';
import { stream, type EventFrame } from './stream.js';

export interface ReplyOptions extends ReachOptions {
  /** The event_id or the correlation id of what is answered. */
  readonly id: string;
  readonly body: string;
  /** Default: whom the message was for. */
  readonly from?: string | undefined;
  /** An answer that says that there is none. */
  readonly failed?: boolean | undefined;
}

export interface Replied {
  readonly receipt: EmitReceipt;
  readonly message: Message;
  /** Who asked has stopped waiting; the answer is in its inbox. */
  readonly late: boolean;
}

/** @throws WaitbusError WAITBUS_UNKNOWN_MESSAGE, WAITBUS_BAD_NAME, WAITBUS_BAD_MESSAGE */
export async function reply(options: ReplyOptions): Promise<Replied> {
  const { eventId, message } = await findMessage(options.id, options);
  const { correlationId, thread, expiresAt } = message;
  const receipt = await emit(
    messageEvent({
      to: message.from,
      from: options.from ?? message.to,
      body: options.body,
      replyTo: eventId,
      thread,
      failed: options.failed === true,
      ...(correlationId === undefined ? {} : { correlationId }),
    }),
    options,
  );
  return {
    receipt,
    message,
    late: isAsk(message) && expiresAt !== undefined && expiresAt < Date.now(),
  };
}

interface Found {
  readonly eventId: string;
  readonly message: Message;
}

async function findMessage(id: string, options: ReachOptions): Promise<Found> {
  const frame = ULID.test(id.toUpperCase())
    ? ((await fetch(id.toUpperCase(), options)) ?? (await questionOf(id, options)))
    : await questionOf(id, options);
  const message = frame === null ? null : readMessage(frame);
  if (frame !== null && message !== null) return { eventId: frame.event_id, message };
  throw new WaitbusError('WAITBUS_UNKNOWN_MESSAGE', `no message in the log has the id ${id}`);
}

async function fetch(eventId: string, options: ReachOptions): Promise<EventFrame | null> {
  const connection = await reach((socket) => DaemonConnection.open(socket), options);
  try {
    const { event } = await connection.request({ op: 'get', event_id: eventId });
    return eventFrameOf(event);
  } catch (error) {
    if (error instanceof WaitbusError && error.code === 'WAITBUS_UNKNOWN_EVENT') return null;
    throw error;
  } finally {
    connection.close();
  }
}

async function questionOf(
  correlationId: string,
  options: ReachOptions,
): Promise<EventFrame | null> {
  const wanted = `fields.msg_correlation_id=${JSON.stringify(correlationId)}`;
  if (Buffer.byteLength(wanted) > 256) return null;
  const match = ['fields.source="agent"', 'event_type="agent_message"', wanted];
  for await (const frame of stream({ match, since: 'start' }, options)) {
    if (frame.kind === 'caught_up') return null;
    if (frame.kind !== 'event') continue;
    const message = readMessage(frame);
    if (message !== null && isAsk(message)) return frame;
  }
  return null;
}
