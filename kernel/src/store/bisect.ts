/** Finds a cursor in the log by bisection: seq and event_id rise together, so no index is needed. */
import type { Statements } from './statements.js';

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
