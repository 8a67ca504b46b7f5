/** `send` and `inbox`: addressed messages that need no answer, and what has come for an agent. */
import { AgentCursor } from './agent-cursor.js';
import { checkAgentName } from './agent-name.js';
import { emit, type EmitReceipt } from './emit.js';
import { messageEvent, readMessage } from './message.js';
import { pathsOf, type ReachOptions } from './reach.js';
import { stream, type EventFrame, type GapFrame } from './stream.js';

export interface SendOptions extends ReachOptions {
  readonly to: string;
  readonly from: string;
  readonly body: string;
  readonly thread?: string | undefined;
}

/**
 * Sends a message. Nobody needs to be there: it stays in the log.
 * @throws WaitbusError WAITBUS_BAD_NAME, WAITBUS_BAD_MESSAGE
 */
export function send(options: SendOptions): Promise<EmitReceipt> {
  return emit(messageEvent(options), options);
}

export interface InboxOptions extends ReachOptions {
  readonly as: string;
  /** Goes on with what comes, until `signal` is aborted. */
  readonly follow?: boolean | undefined;
  /** Leaves the cursor where it is. */
  readonly peek?: boolean | undefined;
  /** Looks back: an event_id, `10m`, `start`; leaves the cursor where it is. */
  readonly since?: string | undefined;
  readonly signal?: AbortSignal;
  /** Retention removed events after the place where it stood: messages may be among them. */
  readonly onGap?: (gap: GapFrame) => void;
}

/**
 * What is new for an agent since it last looked, in order. The cursor has moved past a message when
 * the next one is asked for, so that one whose reader was killed comes again.
 * @throws WaitbusError WAITBUS_BAD_NAME, WAITBUS_BAD_CURSOR, WAITBUS_UNREACHABLE
 */
export async function* inbox(options: InboxOptions): AsyncGenerator<EventFrame> {
  const name = checkAgentName(options.as);
  const cursor = new AgentCursor(pathsOf(options), name, 'inbox');
  const moves = options.peek !== true && options.since === undefined;
  const since = options.since ?? cursor.position ?? 'start';
  const match = [
    'fields.source="agent"',
    'event_type="agent_message"',
    `fields.msg_to=${JSON.stringify(name)}`,
  ];
  for await (const frame of stream({ match, since }, options)) {
    if (frame.kind === 'gap') options.onGap?.(frame);
    if (frame.kind === 'event' && readMessage(frame) !== null) yield frame;
    if (frame.kind === 'event' && moves) cursor.advance(frame.event_id);
    if (frame.kind !== 'caught_up') continue;
    if (moves) cursor.advance(frame.head);
    if (options.follow !== true) return;
  }
}
