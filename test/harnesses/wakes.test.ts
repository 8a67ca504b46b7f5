/**
 * Each real harness with what `waitbus install` put there: its hooks are heard on the bus, the tool `wait`
 * works inside a turn, an event wakes it at the end of one, once, and its own accounting is the model's.
 */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { lacks } from './requirements.js';
import { REAL_HARNESSES } from './versions.js';
import { WAITING, WOKEN } from './watcher.js';
import { goWholeWay } from './whole-way.js';

for (const name of REAL_HARNESSES) {
  // `opencode run` ends with its turn; only sessions of its server and terminal go on when they are woken.
  const wakes = name !== 'opencode';
  test(`${name}: hooks, the tool wait, a wake, its accounting`, { skip: lacks(name) }, async () => {
    const way = await goWholeWay(name, wakes);
    assert.equal(way.code, 0, way.stderr);
    for (const told of ['agent_started session', 'agent_edited turn', 'agent_finished turn']) {
      assert.ok(way.told.includes(told), `${told} is not among ${way.told.join(', ')}`);
    }
    assert.equal(way.midTurn?.times, 1);
    assert.equal(way.endOfTurn.times, wakes ? 1 : 0);
    for (const arrival of [way.midTurn, way.endOfTurn]) {
      assert.equal(arrival.latencyMs !== null, arrival.times > 0);
    }
    assert.ok(way.outcome.text.endsWith(wakes ? WOKEN : WAITING), way.outcome.text);
    const { uncached, cacheRead, output, reasoning } = way.outcome.usage;
    // Copilot CLI tells no tokens.
    if (uncached === null || output === null) return;
    assert.equal(uncached, way.made.uncached);
    assert.equal(cacheRead, way.made.cacheRead);
    const all = way.made.output + way.made.reasoning;
    assert.equal(output + (reasoning ?? 0), all);
  });
}
