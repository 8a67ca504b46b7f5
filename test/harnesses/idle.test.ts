/** Idle sessions of real harnesses are woken by messages from outside, by each once, and soon. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { wakeIdle } from './idle.js';
import { lacks } from './requirements.js';

const LINUX = process.platform === 'linux' ? false : 'needs the program script of Linux';

/** Far over what was seen on a busy machine, and far under what would be a chance turn of the model. */
const SOON_MS = 10_000;

const CASES = [
  ['claude', 'Claude Code at a terminal is woken by its hook beside the turn', LINUX],
  ['opencode', 'a session of opencode serve is woken by the plugin', false],
] as const;

for (const [name, title, platform] of CASES) {
  test(`${title}, by each message once`, { skip: lacks(name) || platform }, async () => {
    const arrivals = await wakeIdle(name, 2);
    assert.deepEqual(
      arrivals.map(({ times }) => times),
      [1, 1],
    );
    for (const { latencyMs } of arrivals) {
      assert.ok(latencyMs !== null && latencyMs < SOON_MS, `it took ${latencyMs} ms`);
    }
  });
}
