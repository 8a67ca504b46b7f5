/** What an exit is called: by its code, and by who asked for it. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Action } from '../src/engine-event.js';
import { Runs } from '../src/runs.js';
import { EVENTS, toEvent } from '../src/to-event.js';

const SECOND = 1_000_000_000n;

/** Plays `action attribute` steps, a second apart, and tells what became of them. */
function play(...steps: readonly string[]): (string | undefined)[] {
  const runs = new Runs();
  return steps.map((step, at) => {
    const [action = '', value = '', seconds] = step.split(' ');
    const number = /^\d+$/.test(value) ? Number(value) : null;
    const seen = runs.observe({
      action: action as Action,
      container: 'c1',
      isPodman: false,
      attributes: { name: 'web' },
      time: BigInt(seconds ?? at) * SECOND,
      health: action === 'health_status' ? value : null,
      exitCode: action === 'die' ? number : null,
      signal: action === 'kill' ? number : null,
      raw: {},
    });
    if (seen === null) return undefined;
    const event = toEvent(seen);
    EVENTS.docker_container.parse(event.fields);
    return seen.conclusion ?? seen.status;
  });
}

const last = (...steps: readonly string[]) => play(...steps).at(-1);

test('the code of an exit by itself decides', () => {
  assert.equal(last('start', 'die 0'), 'success');
  assert.equal(last('start', 'die 3'), 'failure');
  // Somebody killed the process behind the engine's back, or the kernel did.
  assert.equal(last('start', 'die 137'), 'failure');
  assert.equal(last('start', 'die 143'), 'failure');
});

test('an exit that was asked for is cancelled, unless its code is 0', () => {
  assert.equal(last('start', 'kill 15', 'die 143'), 'cancelled');
  assert.equal(last('start', 'kill 15', 'kill 9', 'die 137'), 'cancelled');
  assert.equal(last('start', 'kill 15', 'die 1'), 'cancelled');
  assert.equal(last('start', 'kill 15', 'die 0'), 'success');
  assert.equal(last('start', 'kill 10', 'die 138'), 'cancelled');
  // Podman names no signal, and tells of the stop before the end.
  assert.equal(last('start', 'stop', 'die 137'), 'cancelled');
  assert.equal(last('start', 'kill', 'die 137'), 'cancelled');
});

test('an exit of its own is a failure, whatever was asked earlier', () => {
  assert.equal(last('start', 'kill 1', 'die 9'), 'failure');
  assert.equal(last('start', 'kill 15 1', 'die 9 100'), 'failure');
  assert.equal(last('start', 'kill 15', 'die 143', 'stop', 'start', 'die 1'), 'failure');
  assert.equal(last('start', 'kill 15 1', 'die 143 1000'), 'cancelled');
});

test('running out of memory is a failure, even while somebody stops it', () => {
  assert.equal(last('start', 'oom', 'kill 15', 'die 137'), 'failure');
  assert.equal(last('start', 'oom', 'die 0'), 'success');
});

test('only an exit has a conclusion', () => {
  const told = play('start', 'health_status unhealthy', 'oom', 'kill 9', 'die 137', 'stop');
  assert.deepEqual(told, ['started', 'unhealthy', 'oom', undefined, 'failure', 'stopped']);
});

test('health is told when it changes', () => {
  const checks = ['healthy', 'healthy', 'unhealthy', 'unhealthy', 'starting', 'healthy'];
  assert.deepEqual(play(...checks.map((one) => `health_status ${one}`)), [
    'healthy',
    undefined,
    'unhealthy',
    undefined,
    undefined,
    'healthy',
  ]);
});

test('an exit whose code the engine does not tell has no conclusion', () => {
  assert.equal(last('start', 'die'), 'exited');
  assert.equal(last('start', 'die nonsense'), 'exited');
});
