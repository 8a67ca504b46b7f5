/** Whether an input has changed what every object inherits. */
import assert from 'node:assert/strict';

const KEYS = Object.getOwnPropertyNames(Object.prototype).join();

export function assertUnpolluted(): void {
  assert.equal(({} as Record<string, unknown>)['polluted'], undefined);
  assert.equal(
    Object.getOwnPropertyNames(Object.prototype).join(),
    KEYS,
    'Object.prototype changed',
  );
}
