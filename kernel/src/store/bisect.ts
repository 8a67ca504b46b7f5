/** Finds a cursor in the log by bisection: seq and event_id rise together, so no index is needed. */
import type { Statements } from './statements.js';
import { ULID } from './ulid.js';

/**
 * The newest position whose event_id is at or before the cursor.
 * @param floor the position before the first event; `last` is that of the newest
 */
export function bisect(sql: Statements, cursor: string, floor: number, last: number): number {
  let low = floor;
  let high = last;
  while (low < high) {
    const middle = Math.ceil((low + high) / 2);
    const id = sql.idAt.get(middle);
    if (id !== undefined && id <= cursor) low = middle;
    else high = middle - 1;
  }
  return low;
}

/**
 * The id of the stored event with an idempotency key, or null. An event without a key of its own has
 * its event_id for one.
 */
export function findDelivery(
  sql: Statements,
  deliveryId: string,
  floor: number,
  last: number,
): string | null {
  const known = sql.idByDelivery.get(deliveryId);
  if (known !== undefined) return known;
  if (!ULID.test(deliveryId)) return null;
  const seq = bisect(sql, deliveryId, floor, last);
  return sql.keylessIdAt.get(seq) === deliveryId ? deliveryId : null;
}
