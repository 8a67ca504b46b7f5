/** The log up to its head, once, without waiting. */
import { WaitbusError } from '@waitbus/plugin-sdk/envelope';
import type { ReachOptions } from './reach.js';
import { stream, type EventFrame } from './stream.js';

export interface LogRequest {
  readonly match: readonly string[];
  /** An event_id, a duration ago such as `10m`, or `start`. */
  readonly since: string;
  /** At most so many, the newest. */
  readonly limit: number;
}

/**
 * @returns the newest that match, up to the head, the oldest first; how many match; and the head
 * @throws WaitbusError
 */
export async function readLog(
  { match, since, limit }: LogRequest,
  options: ReachOptions,
  signal?: AbortSignal,
): Promise<{ events: EventFrame[]; count: number; cursor: string }> {
  const events: EventFrame[] = [];
  let count = 0;
  const over = signal === undefined ? {} : { signal };
  for await (const frame of stream({ match, since }, { ...options, ...over })) {
    if (frame.kind === 'caught_up') return { events, count, cursor: frame.head };
    if (frame.kind !== 'event') continue;
    count += 1;
    events.push(frame);
    if (events.length > limit) events.shift();
  }
  signal?.throwIfAborted();
  throw new WaitbusError('WAITBUS_UNREACHABLE', 'the log could not be read to its end');
}
