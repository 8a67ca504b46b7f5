/** `waitbus reply ID TEXT`: answers a message, by its event_id or its correlation id. */
import { parseArgs } from 'node:util';
import { ULID } from '@waitbus/kernel/ulid';
import { stringifyJson, WaitbusError } from '@waitbus/plugin-sdk/envelope';
import { NAME_VARIABLE, ownName } from '../client/agent-name.js';
import { DaemonConnection } from '../client/connection.js';
import { emit } from '../client/emit.js';
import { isAsk, messageEvent, readMessage, type Message } from '../client/message.js';
import { reach } from '../client/reach.js';
import { stream, type EventFrame } from '../client/stream.js';
import { EXIT, print, say, UsageError } from '../terminal/exit.js';
import { messageText } from './agent-text.js';

const OPTIONS = {
  from: { type: 'string' },
  failed: { type: 'boolean' },
  json: { type: 'boolean' },
} as const;

export async function run(args: readonly string[]): Promise<number> {
  const { values, positionals } = parseArgs({
    args: [...args],
    options: OPTIONS,
    allowPositionals: true,
    strict: true,
  });
  const [id, text, ...more] = positionals;
  if (id === undefined || more.length > 0) {
    throw new UsageError('it takes the id of a message and a text; quote a text of several words');
  }
  const { eventId, message } = await findMessage(id);
  const { correlationId, thread } = message;
  const from = ownName(values.from ?? process.env[NAME_VARIABLE] ?? message.to, '--from', {});
  const receipt = await emit(
    messageEvent({
      to: message.from,
      from,
      body: await messageText(text),
      replyTo: eventId,
      thread,
      failed: values.failed === true,
      ...(correlationId === undefined ? {} : { correlationId }),
    }),
  );
  if (values.json === true)
    print(stringifyJson(receipt.results[0] ?? { spooled: receipt.spooled }));
  const late = isAsk(message) && message.expiresAt !== undefined && message.expiresAt < Date.now();
  if (late) say(`waitbus reply: ${message.from} does not wait for it any more; it is in its inbox`);
  return EXIT.ok;
}

interface Found {
  readonly eventId: string;
  readonly message: Message;
}

/** @throws WaitbusError WAITBUS_UNKNOWN_MESSAGE */
async function findMessage(id: string): Promise<Found> {
  const frame = ULID.test(id.toUpperCase())
    ? ((await fetch(id.toUpperCase())) ?? (await questionOf(id)))
    : await questionOf(id);
  const message = frame === null ? null : readMessage(frame);
  if (frame !== null && message !== null) return { eventId: frame.event_id, message };
  throw new WaitbusError('WAITBUS_UNKNOWN_MESSAGE', `no message in the log has the id ${id}`);
}

async function fetch(eventId: string): Promise<EventFrame | null> {
  const connection = await reach((socket) => DaemonConnection.open(socket), {});
  try {
    const { event } = await connection.request({ op: 'get', event_id: eventId });
    return event as EventFrame;
  } catch (error) {
    if (error instanceof WaitbusError && error.code === 'WAITBUS_UNKNOWN_EVENT') return null;
    throw error;
  } finally {
    connection.close();
  }
}

async function questionOf(correlationId: string): Promise<EventFrame | null> {
  const wanted = `fields.msg_correlation_id=${JSON.stringify(correlationId)}`;
  if (Buffer.byteLength(wanted) > 256) return null;
  const match = ['fields.source="agent"', 'event_type="agent_message"', wanted];
  for await (const frame of stream({ match, since: 'start' })) {
    if (frame.kind === 'caught_up') return null;
    if (frame.kind !== 'event') continue;
    const message = readMessage(frame);
    if (message !== null && isAsk(message)) return frame;
  }
  return null;
}
