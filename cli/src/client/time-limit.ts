/** How long a program waits, as a signal. */
import { WaitbusError } from '@waitbus/plugin-sdk/envelope';
import { MAX_TIMER_MS } from '../duration.js';

/**
 * @param timeout milliseconds; undefined and Infinity set no limit
 * @returns one signal or none, to be joined with others
 * @throws WaitbusError WAITBUS_BAD_REQUEST for more than a timer takes: it would end at once
 */
export function timeLimit(timeout: number | undefined): AbortSignal[] {
  if (timeout === undefined || timeout === Infinity) return [];
  if (timeout >= 0 && timeout <= MAX_TIMER_MS) return [AbortSignal.timeout(Math.ceil(timeout))];
  throw new WaitbusError(
    'WAITBUS_BAD_REQUEST',
    `timeout: ${timeout} is not a number of milliseconds up to ${MAX_TIMER_MS}`,
    'Leave it out to wait without a limit.',
  );
}
