/**
 * What a hook adds to a turn: nothing that it could wait for. How many milliseconds that takes is a
 * figure of the benchmark (test/bench/rows/commands.ts), which has a machine to itself.
 */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Sandbox } from '../support/sandbox.js';
import { claudeHook } from './hook.js';

for (const where of ['without a daemon', 'with one'] as const) {
  test(`a hook at the end of a turn that asked for nothing does not hold it, ${where}`, async () => {
    await using box = new Sandbox();
    if (where === 'with one') await box.daemon();
    // It would hold for a day: it ends because there is nothing to hold for.
    const { code, stdout } = await claudeHook(box, 'Stop', {}, '--hold', '1d');
    assert.deepEqual([code, stdout], [0, '']);
  });
}
