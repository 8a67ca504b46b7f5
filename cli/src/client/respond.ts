/**
 * `respond`: an agent that answers questions. Each is handled once, one after the other, in their
 * order: where it stands is kept, so one that came while it was away is handled when it is back. If
 * it is killed while it handles one, that one is handled again; only one answer is stored.
 */
import { emit } from './emit.js';
import { AgentCursor } from './agent-cursor.js';
import { checkAgentName } from './agent-name.js';
import { attach } from './attach.js';
import { isAsk, messageEvent, readMessage } from './message.js';
import { pathsOf, type ReachOptions } from './reach.js';
import { stream, type EventFrame, type GapFrame } from './stream.js';

export interface RespondOptions extends ReachOptions {
  readonly as: string;
  /** Ends it: what is being handled is still answered. */
  readonly signal?: AbortSignal;
  /** Where to begin: an event_id, `10m`, `start`. Default: where it stood, else now. */
  readonly since?: string;
  /** Called once no question can be missed any more. */
  readonly onReady?: () => void;
  /** Retention removed events after the place where it stood: questions may be among them. */
  readonly onGap?: (gap: GapFrame) => void;
  /** What a handler threw, which the asker is told as well. */
  readonly onError?: (error: unknown, question: EventFrame) => void;
}

/** @returns the text of the answer; what it throws becomes an answer whose conclusion is failure */
export type Responder = (body: string, question: EventFrame) => string | Promise<string>;

/**
 * Answers until `signal` is aborted. Present under its name meanwhile: if the process dies, whoever
 * asked is told so.
 * @throws WaitbusError WAITBUS_BAD_NAME, WAITBUS_UNREACHABLE
 */
export async function respond(options: RespondOptions, handler: Responder): Promise<void> {
  const name = checkAgentName(options.as);
  const cursor = new AgentCursor(pathsOf(options), name, 'respond');
  const attachment = await attach(name, willOf(name), options);
  try {
    const since = options.since ?? cursor.position;
    const match = [
      'fields.source="agent"',
      'event_type="agent_message"',
      `fields.msg_to=${JSON.stringify(name)}`,
    ];
    let ready = false;
    for await (const frame of stream({ match, ...(since === null ? {} : { since }) }, options)) {
      if (frame.kind === 'subscribe_ack') {
        if (since === null && !ready) cursor.advance(frame.head);
        if (!ready) options.onReady?.();
        ready = true;
      }
      if (frame.kind === 'gap') options.onGap?.(frame);
      if (frame.kind !== 'event') continue;
      await answer(frame, name, handler, options);
      cursor.advance(frame.event_id);
      if (options.signal?.aborted === true) return;
    }
  } finally {
    await attachment.detach();
  }
}

async function answer(
  question: EventFrame,
  name: string,
  handler: Responder,
  options: RespondOptions,
): Promise<void> {
  const asked = readMessage(question);
  if (asked === null || !isAsk(asked)) return;
  // Nobody waits for it any more.
  if (asked.expiresAt !== undefined && asked.expiresAt < Date.now()) return;
  let body: string;
  let failed = false;
  try {
    body = await handler(asked.body, question);
  } catch (error) {
    options.onError?.(error, question);
    body = error instanceof Error ? error.message : String(error);
    failed = true;
  }
  const reply = (text: string, isFailure: boolean) =>
    messageEvent(
      {
        to: asked.from,
        from: name,
        body: text,
        ...(asked.correlationId === undefined ? {} : { correlationId: asked.correlationId }),
        replyTo: question.event_id,
        thread: asked.thread,
        failed: isFailure,
      },
      `reply:${question.event_id}:${name}`,
    );
  try {
    await emit(reply(body, failed), options);
  } catch (error) {
    // Too long, empty, no text: the asker must not wait for it in vain.
    options.onError?.(error, question);
    await emit(reply(error instanceof Error ? error.message : String(error), true), options);
  }
}

function willOf(name: string) {
  return {
    source: 'agent',
    event_type: 'agent_failed',
    summary: `${name} died`,
    fields: { msg_from: name, status: 'completed', conclusion: 'failure', reason: 'died' },
  };
}
