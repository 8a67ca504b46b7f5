/** An exit whose verdict hangs on what the engine tells afterwards, or on what it is asked for. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Action, EngineEvent } from '../src/engine-event.js';
import { Runs } from '../src/runs.js';
import { Verdicts } from '../src/verdicts.js';

const SECOND = 1_000_000_000n;

class Played {
  readonly told: string[] = [];
  readonly kept: string[] = [];
  readonly #verdicts: Verdicts;
  readonly #isPodman: boolean;
  #quiet: (() => void) | null = null;
  #answer: (code: number | null) => void = () => {};
  #seconds = 0;

  constructor(engine: 'docker' | 'podman', isDoubtful = false) {
    this.#isPodman = engine === 'podman';
    this.#verdicts = new Verdicts({
      runs: new Runs(),
      codes: {
        learn: () => {},
        checked: (event) => event,
        isDoubtful: () => isDoubtful,
        of: () => new Promise((resolve) => (this.#answer = resolve)),
      },
      ledger: { keep: (container) => this.kept.push(container) },
      tell: ({ status, exitCode, conclusion }) => {
        this.told.push(status === 'exited' ? `${exitCode} ${conclusion}` : status);
      },
      later: (_, then) => {
        this.#quiet = then;
        return () => (this.#quiet = null);
      },
    });
  }

  /** `action value second` */
  play(...steps: readonly string[]): this {
    for (const step of steps) {
      const [action = '', value = '', second] = step.split(' ');
      this.#seconds = second === undefined ? this.#seconds + 1 : Number(second);
      const number = /^\d+$/.test(value) ? Number(value) : null;
      const event: EngineEvent = {
        action: action as Action,
        container: 'c1',
        isPodman: this.#isPodman,
        attributes: { name: 'web' },
        time: BigInt(this.#seconds) * SECOND,
        health: null,
        exitCode: action === 'die' ? number : null,
        signal: action === 'kill' ? number : null,
        raw: {},
      };
      this.#verdicts.take(event, false);
    }
    return this;
  }

  /** Nothing more came of it. */
  quiet(): this {
    this.#quiet?.();
    return this;
  }

  async answer(code: number | null): Promise<this> {
    this.#answer(code);
    await this.#verdicts.settled();
    return this;
  }
}

const docker = (...steps: string[]) => new Played('docker').play(...steps).quiet().told;
const podman = (...steps: string[]) => new Played('podman').play(...steps).quiet().told;

test('a stop that took longer than a minute fails no wait', () => {
  const told = docker('start', 'kill 15 1', 'die 3 100', 'stop');
  assert.deepEqual(told, ['started', '3 cancelled', 'stopped']);
});

test('a failure long after a signal that was no stop is one', () => {
  assert.deepEqual(docker('start', 'kill 15 1', 'die 3 100'), ['started', '3 failure']);
  assert.deepEqual(docker('start', 'kill 10', 'die 3', 'start'), [
    'started',
    '3 failure',
    'started',
  ]);
});

test('an exit that nobody asked for is told at once', () => {
  assert.deepEqual(new Played('docker').play('start', 'die 3').told, ['started', '3 failure']);
  assert.deepEqual(new Played('podman').play('start', 'die 0').told, ['started', '0 success']);
});

test('a container that Podman stopped is cancelled, whether it tells of the stop or not', () => {
  const told = ['started', '7 cancelled', 'stopped'];
  assert.deepEqual(podman('start', 'die 7', 'cleanup', 'cleanup'), told);
  assert.deepEqual(podman('start', 'die 7', 'stop', 'cleanup', 'cleanup'), told);
  assert.deepEqual(podman('start', 'stop', 'die 7', 'cleanup', 'cleanup'), [
    'started',
    'stopped',
    '7 cancelled',
  ]);
  assert.deepEqual(podman('start', 'die 143', 'remove'), ['started', '143 cancelled']);
});

test('a container that Podman restarted is cancelled, and one that its policy restarts is not', () => {
  assert.deepEqual(podman('start', 'restart', 'die 7', 'start'), [
    ...['started', '7 cancelled', 'stopped', 'started'],
  ]);
  assert.deepEqual(podman('start', 'restart', 'stop', 'die 7', 'start'), [
    ...['started', 'stopped', '7 cancelled', 'started'],
  ]);
  assert.deepEqual(podman('start', 'die 7', 'restart', 'start', 'die 7', 'cleanup'), [
    ...['started', '7 failure', 'started', '7 failure'],
  ]);
});

test('a container of Podman that failed by itself is a failure once it is cleaned up', () => {
  assert.deepEqual(podman('start', 'die 7', 'cleanup'), ['started', '7 failure']);
  assert.deepEqual(podman('start', 'die 7', 'remove'), ['started', '7 failure']);
  assert.deepEqual(podman('start', 'die 137', 'remove'), ['started', '137 failure']);
  assert.deepEqual(podman('start', 'kill', 'die 9', 'cleanup'), ['started', '9 failure']);
});

test('what a container does while its code is asked for comes after its exit', async () => {
  const played = new Played('docker', true).play('start', 'die 0', 'start', 'kill 9', 'die 0');
  assert.deepEqual(played.told, ['started']);
  assert.deepEqual(played.kept, ['c1']);
  await played.answer(5);
  assert.deepEqual(played.told, ['started', '5 failure', 'started']);
  await played.answer(137);
  assert.deepEqual(played.told.slice(3), ['137 cancelled']);
});

test('a code that nobody knows is no success', async () => {
  const played = new Played('docker', true).play('start', 'die 0');
  await played.answer(null);
  assert.deepEqual(played.told, ['started', 'null undefined']);
});
