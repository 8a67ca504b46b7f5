/**
 * What a hook adds to a turn: under 150 ms, cold, with a daemon and without. Where the machine needs
 * more than half of that to start Node alone, it adds less than another start of Node.
 */
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { test } from 'node:test';
import { Sandbox, WAITBUS } from '../support/sandbox.js';
import { claudeInput } from './hook.js';

const LIMIT_MS = 150;
const RUNS = 9;

/** Milliseconds of one run. */
function timed(box: Sandbox, args: readonly string[]): number {
  const started = performance.now();
  const { status, stdout } = spawnSync(process.execPath, args, {
    env: box.env,
    cwd: box.work,
    input: claudeInput('Stop'),
    encoding: 'utf8',
  });
  assert.deepEqual([status, stdout], [0, '']);
  return performance.now() - started;
}

/** The least of bare Node and of a hook, in turn, so that what else the machine does weighs on neither. */
function compare(box: Sandbox): { readonly bare: number; readonly hook: number } {
  const bare: number[] = [];
  const hook: number[] = [];
  for (let run = 0; run < RUNS; run += 1) {
    bare.push(timed(box, ['-e', '0']));
    hook.push(timed(box, [WAITBUS, 'hook', 'claude', 'Stop', '--hold', '30s']));
  }
  return { bare: Math.min(...bare), hook: Math.min(...hook) };
}

test('a hook at the end of a turn takes under 150 ms, with a daemon and without', async (t) => {
  await using box = new Sandbox();
  const without = compare(box);
  await box.daemon();
  for (const [where, { bare, hook }] of [
    ['without a daemon', without],
    ['with one', compare(box)],
  ] as const) {
    const shown = `${where} ${hook.toFixed(0)} ms, Node alone ${bare.toFixed(0)} ms`;
    t.diagnostic(shown);
    assert.ok(hook < Math.max(LIMIT_MS, 2 * bare), shown);
  }
});
