/**
 * A subscription as a stream of frames that survives the daemon: after a lost connection it comes
 * back from its cursor, so that no matching event is missed and none is seen twice.
 */
import type { Socket } from 'node:net';
import { setTimeout as pause } from 'node:timers/promises';
import { encodeFrame, FrameDecoder, MAX_EMIT_BYTES } from '@waitbus/kernel/frame';
import { WaitbusError } from '@waitbus/plugin-sdk/envelope';
import {
  DaemonConnection,
  errorOf,
  openSocket,
  parseDaemonFrame,
  type Frame,
} from './connection.js';
import { reach, type ReachOptions } from './reach.js';
import { cursorSince } from './since.js';
import type { EventFrame, StreamFrame } from './stream-frames.js';

export type * from './stream-frames.js';

export interface StreamRequest {
  /** Predicates that must all hold. */
  readonly match?: readonly string[];
  /** Lists of predicates, one of which must hold. */
  readonly anyOf?: readonly (readonly string[])[];
  /** Only events of these sources, which are activated. */
  readonly sources?: readonly string[];
  /** `owner/repo`, `owner/*` or `*`. */
  readonly filters?: readonly string[];
  readonly eventTypes?: readonly string[];
  /** Replays what came since: an event_id, a duration ago such as `10m`, or `start`. */
  readonly since?: string;
  /** The directory that sources such as fs watch for this subscriber. */
  readonly cwd?: string;
}

export interface StreamOptions extends ReachOptions {
  readonly signal?: AbortSignal;
}

const FIRST_RETRY_MS = 50;
const LONGEST_RETRY_MS = 2000;

/**
 * @throws WaitbusError WAITBUS_BAD_PREDICATE or WAITBUS_UNKNOWN_SOURCE when it was rejected,
 *   WAITBUS_UNREACHABLE when no daemon could be had in the beginning
 */
export async function* stream(
  request: StreamRequest,
  options: StreamOptions = {},
): AsyncGenerator<StreamFrame> {
  const { signal } = options;
  const aborted = () => signal?.aborted === true;
  let cursor = request.since === undefined ? null : cursorOf(request.since);
  let retryMs = FIRST_RETRY_MS;
  let served = false;
  const rest = async () => {
    await pause(retryMs, undefined, signal ? { signal } : {}).catch(() => undefined);
    retryMs = Math.min(LONGEST_RETRY_MS, retryMs * 2);
  };
  for (let first = true; !aborted(); first = false) {
    let socket: Socket;
    try {
      socket = await reach(openSocket, options);
    } catch (error) {
      if (first) throw error;
      await rest();
      continue;
    }
    let acknowledged = false;
    for await (const frame of framesOf(socket, subscribeMessage(request, cursor), signal)) {
      let seen: StreamFrame | null;
      try {
        seen = await interpret(frame, options);
      } catch (error) {
        // Who was served before waits for its place again, as it does for a daemon. An event that
        // was to be fetched whole comes again: the cursor has not passed it.
        if (served && isOutOfReach(error)) break;
        throw error;
      }
      if (seen === null) continue;
      if (seen.kind === 'subscribe_ack') {
        cursor ??= seen.head;
        acknowledged = served = true;
        retryMs = FIRST_RETRY_MS;
      }
      if (seen.kind === 'event') cursor = seen.event_id;
      if (seen.kind === 'gap') cursor = seen.floor;
      yield seen;
    }
    if (!aborted()) {
      // A daemon that ends every connection is not asked again at full speed.
      if (!acknowledged) await rest();
      yield { kind: 'disconnected', reason: 'the daemon ended the connection' };
    }
  }
}

function cursorOf(since: string): string {
  const cursor = cursorSince(since, Date.now());
  if (cursor !== null) return cursor;
  throw new WaitbusError('WAITBUS_BAD_CURSOR', `since: ${since} is not a cursor`);
}

function subscribeMessage(request: StreamRequest, since: string | null): object {
  return {
    op: 'subscribe',
    proto: 1,
    errors: true,
    filters: request.filters,
    event_types: request.eventTypes,
    match: request.match,
    any_of: request.anyOf,
    sources: request.sources,
    cwd: request.cwd,
    ...(since === null ? {} : { since }),
  };
}

/** Every frame until the connection ends; a lost connection is an end, not an error. */
async function* framesOf(
  socket: Socket,
  subscribe: object,
  signal: AbortSignal | undefined,
): AsyncGenerator<Frame> {
  const abort = () => socket.destroy();
  signal?.addEventListener('abort', abort, { once: true });
  // An abort while the daemon was being reached came before the listener.
  if (signal?.aborted === true) abort();
  const decoder = new FrameDecoder(MAX_EMIT_BYTES);
  try {
    socket.write(encodeFrame(subscribe));
    for await (const chunk of socket) {
      for (const body of decoder.push(chunk as Buffer)) yield parseDaemonFrame(body);
    }
  } catch (error) {
    if (typeof (error as NodeJS.ErrnoException).code !== 'string' || error instanceof WaitbusError)
      throw error;
  } finally {
    signal?.removeEventListener('abort', abort);
    socket.destroy();
  }
}

/** What a frame means to the stream's reader; null for what only keeps the connection alive. */
async function interpret(frame: Frame, options: ReachOptions): Promise<StreamFrame | null> {
  switch (frame['kind']) {
    case 'event':
    case 'subscribe_ack':
    case 'caught_up':
    case 'gap':
    case 'source_state':
    case 'wait_note':
      return frame as unknown as StreamFrame;
    case 'truncated':
      return fetchWhole(String(frame['event_id']), options);
    case 'subscribe_rejected':
      throw rejection(frame);
    case 'error':
      throw errorOf(frame);
    default:
      return null;
  }
}

function isOutOfReach(error: unknown): boolean {
  if (!(error instanceof WaitbusError)) return false;
  return error.code === 'WAITBUS_UNREACHABLE' || error.code === 'WAITBUS_TOO_MANY_CLIENTS';
}

/** An event over the frame cap is had with `get`; its payload is left out, as in every frame. */
async function fetchWhole(eventId: string, options: ReachOptions): Promise<EventFrame> {
  const connection = await reach((socket) => DaemonConnection.open(socket), options);
  try {
    const answer = await connection.request({ op: 'get', event_id: eventId });
    const {
      payload: _payload,
      source: _source,
      ingest_method: _method,
      ...event
    } = answer['event'] as Record<string, unknown>;
    return {
      ...event,
      received_at: BigInt(event['received_at'] as number),
    } as unknown as EventFrame;
  } finally {
    connection.close();
  }
}

function rejection(frame: Frame): WaitbusError {
  const message = String(frame['message'] ?? frame['remediation']);
  const remedy = String(frame['remediation']);
  switch (frame['reason']) {
    case 'predicate':
      return new WaitbusError('WAITBUS_BAD_PREDICATE', message, remedy);
    case 'source':
      return new WaitbusError('WAITBUS_UNKNOWN_SOURCE', message, remedy);
    default:
      return new WaitbusError('WAITBUS_UNSUPPORTED_VERSION', message, remedy);
  }
}
