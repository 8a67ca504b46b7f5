/** Waits for what no event tells of: looks again and again until it holds, and fails when that takes long. */
import assert from 'node:assert/strict';
import { setTimeout as pause } from 'node:timers/promises';

const LIMIT_MS = 30_000;
const PAUSE_MS = 20;

/** @param look what is there now; what it throws ends the waiting */
export async function until<T>(
  look: () => T | Promise<T>,
  enough: (found: T) => boolean,
): Promise<T> {
  const deadline = performance.now() + LIMIT_MS;
  for (;;) {
    const found = await look();
    if (enough(found)) return found;
    if (performance.now() > deadline) assert.fail(`after ${LIMIT_MS} ms: ${String(found)}`);
    await pause(PAUSE_MS);
  }
}
