/**
 * What a hook adds to a turn: under 150 ms, cold, with a daemon and without. Where the machine needs
 * most of that to start Node alone, the limit cannot be told from the machine.
 */
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { test } from 'node:test';
import { Sandbox, WAITBUS } from '../support/sandbox.js';
import { claudeInput } from './hook.js';

const LIMIT_MS = 150;
/** Of bare Node; an idle machine of today takes 30 to 50. */
const MOST_FOR_NODE_MS = 75;
const RUNS = 9;

function median(values: readonly number[]): number {
  return [...values].sort((a, b) => a - b)[values.length >> 1] ?? Infinity;
}

/** Milliseconds of each run, one after the other. */
function times(box: Sandbox, args: readonly string[]): number[] {
  return Array.from({ length: RUNS }, () => {
    const started = performance.now();
    const { status, stdout } = spawnSync(process.execPath, args, {
      env: box.env,
      cwd: box.work,
      input: claudeInput('Stop'),
      encoding: 'utf8',
    });
    assert.deepEqual([status, stdout], [0, '']);
    return performance.now() - started;
  });
}

test('a hook at the end of a turn takes under 150 ms, with a daemon and without', async (t) => {
  await using box = new Sandbox();
  const hook = [WAITBUS, 'hook', 'claude', 'Stop', '--hold', '30s'];
  const bare = median(times(box, ['-e', '0']));
  if (bare > MOST_FOR_NODE_MS) {
    t.skip(`this machine is too slow or too busy to tell: Node alone takes ${bare.toFixed(0)} ms`);
    return;
  }
  const without = median(times(box, hook));
  await box.daemon();
  const withOne = median(times(box, hook));
  const shown = `Node alone ${bare.toFixed(0)} ms, without a daemon ${without.toFixed(0)} ms, with one ${withOne.toFixed(0)} ms`;
  t.diagnostic(shown);
  assert.ok(without < LIMIT_MS && withOne < LIMIT_MS, shown);
});
