/** Emits events: over the socket, or into the spool when no daemon can be had. */
import {
  checkEnvelope,
  LIMITS,
  WaitbusError,
  type Envelope,
  type ErrorCode,
} from '@waitbus/plugin-sdk/envelope';
import { spoolEvents } from '../spool/spool.js';
import { uniqueKey } from '../spool/unique-key.js';
import { DaemonConnection } from './connection.js';
import { pathsOf, reach, type ReachOptions } from './reach.js';

export interface EmitReceipt {
  /** One per event, in order; empty when they were spooled. */
  readonly results: readonly EmitResult[];
  /** The file in the spool, when no daemon could be had. */
  readonly spooled: string | null;
  /** Why none could be had. */
  readonly reason?: string;
}

export interface EmitResult {
  readonly event_id: string;
  /** false: an event with this delivery_id was there already, and this is its id. */
  readonly inserted: boolean;
}

/** No daemon can be had, or not now: the spool is taken in by the next one, or at its heartbeat. */
const NOBODY_STORES: ReadonlySet<ErrorCode> = new Set([
  'WAITBUS_UNREACHABLE',
  'WAITBUS_STORE_GONE',
  'WAITBUS_TOO_MANY_CLIENTS',
]);

/**
 * Emits one event or several; up to 1,000 are committed all or none. Resolves once they are
 * committed, or durably in the spool. Events without a delivery_id get one here, so that one whose
 * acknowledgement was lost with the daemon is not stored twice.
 * @throws WaitbusError WAITBUS_BAD_EVENT, WAITBUS_UNKNOWN_SOURCE, WAITBUS_STORE_FULL ...
 */
export async function emit(
  events: Envelope | readonly Envelope[],
  options: ReachOptions = {},
): Promise<EmitReceipt> {
  const list = (isList(events) ? events : [events]).map((event) => {
    // Before anything is sent, so that a malformed event is never spooled.
    checkEnvelope(event);
    return event.delivery_id === undefined ? { ...event, delivery_id: uniqueKey() } : event;
  });
  try {
    const connection = await reach((socket) => DaemonConnection.open(socket), options);
    try {
      return { results: await emitOver(connection, list), spooled: null };
    } finally {
      connection.close();
    }
  } catch (error) {
    if (!(error instanceof WaitbusError) || !NOBODY_STORES.has(error.code)) throw error;
    return { results: [], spooled: spool(list, options, error), reason: error.message };
  }
}

/** @throws WaitbusError WAITBUS_UNREACHABLE with both causes when the spool is out of reach too */
function spool(events: readonly Envelope[], options: ReachOptions, why: WaitbusError): string {
  try {
    return spoolEvents(pathsOf(options).spool, events, Date.now());
  } catch (error) {
    const { message } = error as Error;
    throw new WaitbusError(
      'WAITBUS_UNREACHABLE',
      `${why.message}; nor can it be spooled: ${message}`,
      why.remedy,
    );
  }
}

/** Emits over a connection, a request per 1,000 events, all on the way at once. */
export async function emitOver(
  connection: DaemonConnection,
  events: readonly Envelope[],
): Promise<EmitResult[]> {
  const answers: Promise<EmitResult[]>[] = [];
  for (let at = 0; at < events.length; at += LIMITS.eventsPerRequest) {
    const request = { op: 'emit', events: events.slice(at, at + LIMITS.eventsPerRequest) };
    answers.push(connection.request(request).then((answer) => answer['results'] as EmitResult[]));
  }
  return (await Promise.all(answers)).flat();
}

function isList(events: Envelope | readonly Envelope[]): events is readonly Envelope[] {
  return Array.isArray(events);
}
