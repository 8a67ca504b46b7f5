/** Addressed messages as events of the source agent, and back. Pure. */
import { WaitbusError, type Envelope, type Fields } from '@waitbus/plugin-sdk/envelope';
import { checkAgentName } from './agent-name.js';
import type { EventFrame } from './stream.js';

/** A longer text belongs into a file whose path is sent. */
export const MAX_BODY_BYTES = 1024 * 1024;
const MAX_THREAD_BYTES = 200;
const SUMMARY_CHARACTERS = 200;

export interface Message {
  readonly to: string;
  readonly from: string;
  readonly body: string;
  /** Groups messages; any text. */
  readonly thread?: string | undefined;
  /** Made up by who asks; an answer carries the same. */
  readonly correlationId?: string;
  /** The event_id of the message that this one answers. */
  readonly replyTo?: string;
  /** When nobody waits for an answer any more, in milliseconds since the epoch. */
  readonly expiresAt?: number;
  /** An answer that says that there is none: its conclusion is failure. */
  readonly failed?: boolean;
}

/**
 * @throws WaitbusError WAITBUS_BAD_NAME or WAITBUS_BAD_MESSAGE
 */
export function messageEvent(message: Message, deliveryId?: string): Envelope {
  const { correlationId, replyTo, expiresAt, thread } = message;
  const [to, from] = [checkAgentName(message.to), checkAgentName(message.from)];
  const body = checkBody(message.body);
  if (thread !== undefined && (thread === '' || Buffer.byteLength(thread) > MAX_THREAD_BYTES)) {
    throw bad(`a thread is 1 to ${MAX_THREAD_BYTES} bytes of text`);
  }
  return {
    source: 'agent',
    event_type: 'agent_message',
    ...(deliveryId === undefined ? {} : { delivery_id: deliveryId }),
    summary: summaryOf(from, to, body),
    fields: {
      msg_to: to,
      msg_from: from,
      ...(thread === undefined ? {} : { msg_thread: thread }),
      ...(correlationId === undefined ? {} : { msg_correlation_id: correlationId }),
      ...(replyTo === undefined ? {} : { msg_reply_to: replyTo }),
      ...(expiresAt === undefined ? {} : { msg_expires_at: Math.round(expiresAt) }),
      ...(message.failed === true ? { conclusion: 'failure' } : {}),
      msg_body: body,
    },
  };
}

/** What an event of this type says; null when it lacks what makes it a message. */
export function readMessage({ event_type: type, fields }: EventFrame): Message | null {
  const text = (key: string) => textOf(fields, key);
  const [to, from, body] = [text('msg_to'), text('msg_from'), text('msg_body')];
  if (type !== 'agent_message' || to === undefined || from === undefined) return null;
  const [thread, correlationId] = [text('msg_thread'), text('msg_correlation_id')];
  const replyTo = text('msg_reply_to');
  const expiresAt = fields['msg_expires_at'];
  return {
    to,
    from,
    body: body ?? '',
    ...(thread === undefined ? {} : { thread }),
    ...(correlationId === undefined ? {} : { correlationId }),
    ...(replyTo === undefined ? {} : { replyTo }),
    ...(typeof expiresAt === 'number' ? { expiresAt } : {}),
    ...(fields['conclusion'] === 'failure' ? { failed: true } : {}),
  };
}

/** Whether somebody waits for an answer: it has a correlation of its own and answers nothing. */
export function isAsk(message: Message): boolean {
  return message.correlationId !== undefined && message.replyTo === undefined;
}

function checkBody(body: string): string {
  if (body === '') throw bad('there is no text');
  const bytes = Buffer.byteLength(body);
  if (bytes > MAX_BODY_BYTES) {
    throw bad(`the text has ${bytes} bytes; ${MAX_BODY_BYTES} are the most`);
  }
  if (!body.isWellFormed()) throw bad('the text has a lone surrogate, which UTF-8 cannot carry');
  return body;
}

function summaryOf(from: string, to: string, body: string): string {
  const line = body.trim().split('\n', 1)[0] ?? '';
  const shown = line.slice(0, SUMMARY_CHARACTERS);
  return `${from} to ${to}: ${shown.isWellFormed() ? shown : shown.slice(0, -1)}`;
}

function textOf(fields: Fields, key: string): string | undefined {
  const value = fields[key];
  return typeof value === 'string' ? value : undefined;
}

function bad(message: string): WaitbusError {
  return new WaitbusError('WAITBUS_BAD_MESSAGE', message);
}
