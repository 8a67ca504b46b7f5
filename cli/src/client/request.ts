/**
 * `request`: asks an agent and waits for its answer. The answer is looked for from the question on,
 * so one that comes before the wait is found; and only what is addressed to the asker, carries the
 * correlation of this question and answers this event is taken for it.
 */
import { setTimeout as pause } from 'node:timers/promises';
import { WaitbusError, type Envelope } from '@waitbus/plugin-sdk/envelope';
import { uniqueKey } from '../spool/unique-key.js';
import { DaemonConnection } from './connection.js';
import { emitOver } from './emit.js';
import { isAsk, messageEvent, readMessage } from './message.js';
import { present, presentIn } from './present.js';
import { reach, type ReachOptions } from './reach.js';
import { stream, type EventFrame } from './stream.js';
import { timeLimit } from './time-limit.js';
import { WaitTimeoutError } from './wait-for.js';

export interface RequestOptions extends ReachOptions {
  readonly to: string;
  readonly from: string;
  readonly body: string;
  readonly thread?: string | undefined;
  /** Milliseconds. Default: no limit. */
  readonly timeout?: number | undefined;
  /** How long an answer is of use, in milliseconds, if longer than `timeout`: it is in the inbox. */
  readonly expires?: number | undefined;
  readonly signal?: AbortSignal;
  /** The question is stored; `present`: somebody is attached under the name that was asked. */
  readonly onAsked?: (asked: { readonly eventId: string; readonly present: boolean }) => void;
}

/** A daemon that dies between the question and its acknowledgement is asked again. */
const TRIES = 5;
const RETRY_MS = 100;

/**
 * Asks and waits for the answer, across restarts of the daemon.
 * @returns the event that answers; its conclusion is `failure` when the agent could not
 * @throws WaitTimeoutError; WaitbusError WAITBUS_AGENT_GONE when the agent that was asked has ended,
 *   WAITBUS_BAD_NAME, WAITBUS_BAD_MESSAGE, WAITBUS_UNREACHABLE
 */
export async function request(options: RequestOptions): Promise<EventFrame> {
  const { to, from, timeout } = options;
  const correlationId = uniqueKey();
  const expires = options.expires ?? timeout;
  const expiresAt = expires === undefined ? {} : { expiresAt: Date.now() + expires };
  const ask = messageEvent({ ...options, correlationId, ...expiresAt }, `ask:${correlationId}`);
  const limit = timeLimit(timeout);
  const given = options.signal === undefined ? [] : [options.signal];
  const signal = AbortSignal.any([...limit, ...given]);
  const asked = await unlessAborted(store(ask, to, options), signal);
  if (asked !== null) {
    options.onAsked?.(asked);
    const answer = await listen(options, { ...asked, correlationId, signal });
    if (answer !== null) return answer;
  }
  options.signal?.throwIfAborted();
  const outstanding =
    asked === null ? 'the daemon to take the question' : `an answer of ${to} to ${from}`;
  throw new WaitTimeoutError([outstanding]);
}

interface Asked {
  readonly eventId: string;
  readonly present: boolean;
}

/** Commits the question, once whatever happens to the daemon, and looks who is there. */
async function store(ask: Envelope, to: string, options: ReachOptions): Promise<Asked> {
  for (let attempt = 1; ; attempt += 1) {
    try {
      const connection = await reach((socket) => DaemonConnection.open(socket), options);
      try {
        const [stored] = await emitOver(connection, [ask]);
        const there = presentIn(await connection.request({ op: 'status' }));
        const eventId = stored?.event_id ?? '';
        return { eventId, present: there.some(({ name }) => name === to) };
      } finally {
        connection.close();
      }
    } catch (error) {
      const lost = error instanceof WaitbusError && error.code === 'WAITBUS_UNREACHABLE';
      if (!lost || attempt === TRIES) throw error;
      await pause(RETRY_MS);
    }
  }
}

async function listen(
  options: RequestOptions,
  asked: Asked & { readonly correlationId: string; readonly signal: AbortSignal },
): Promise<EventFrame | null> {
  const { to, from } = options;
  const equals = (key: string, value: string) => `fields.${key}=${JSON.stringify(value)}`;
  const ofAgent = equals('source', 'agent');
  const anyOf = [
    [ofAgent, equals('msg_correlation_id', asked.correlationId), equals('msg_to', from)],
    [
      ofAgent,
      equals('msg_from', to),
      equals('event_type', 'agent_failed'),
      equals('event_type', 'agent_finished'),
    ],
  ];
  const frames = stream({ anyOf, since: asked.eventId }, { ...options, signal: asked.signal });
  for await (const frame of frames) {
    if (frame.kind !== 'event') continue;
    const message = readMessage(frame);
    if (message === null) await checkAlive(frame, asked, options);
    else if (!isAsk(message) && message.replyTo === asked.eventId) return frame;
  }
  return null;
}

/**
 * An agent that said its end and is not attached cannot answer any more. Who was never attached may
 * say `agent_finished` of each of its tasks and live on.
 */
async function checkAlive(end: EventFrame, asked: Asked, options: RequestOptions): Promise<void> {
  if (end.event_type !== 'agent_failed' && !asked.present) return;
  const there = await present(options);
  if (there.some(({ name }) => name === options.to)) return;
  throw new WaitbusError(
    'WAITBUS_AGENT_GONE',
    `${options.to} ended before it answered: ${end.summary || end.event_type}`,
  );
}

/** @returns null when the signal comes first */
function unlessAborted<T>(work: Promise<T>, signal: AbortSignal): Promise<T | null> {
  return new Promise((resolve, reject) => {
    if (signal.aborted) resolve(null);
    signal.addEventListener('abort', () => resolve(null), { once: true });
    work.then(resolve, reject);
  });
}
