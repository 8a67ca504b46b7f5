/** How watches and wakes are shown on the wire, and how a refusal is said. Pure. */
import { WaitbusError } from '@waitbus/plugin-sdk/envelope';
import { timeOf } from '../store/ulid.js';
import type { WakeRow, WatchRow } from '../store/watch-tables.js';

export function described(watch: WatchRow): object {
  const { id, name, event_id: cursor, created_at: created, used_at: used } = watch;
  const asked = JSON.parse(watch.asked) as object;
  return { watch: id, name, ...asked, cursor, created_at: created, used_at: used };
}

/** @param isGiven whether a taker has it in hand */
export function shown({ seq: _seq, ...row }: WakeRow, isGiven: boolean): object {
  const { woke_at: woke, acked_at: acked } = row;
  const unsettled = isGiven ? 'delivered' : 'matched';
  const state = acked !== null ? 'acked' : woke !== null ? 'woke' : unsettled;
  return { state, emitted_at: timeOf(row.event_id), ...row };
}

export function noWatch(name: string): string {
  return `waitbus watch --for ${name} --match '...' says what wakes it; waitbus watch --help has examples`;
}

export function tooMany(name: string | null): string {
  const [of, whose] = name === null ? ['', 'NAME'] : [` --for ${name}`, name];
  return `waitbus watch --list${of} shows them; waitbus watch --for ${whose} --remove ID removes one`;
}

export function bad(message: string, remedy?: string): WaitbusError {
  return new WaitbusError('WAITBUS_BAD_REQUEST', message, remedy);
}
