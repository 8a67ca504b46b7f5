/** Deferred work: in order, a little a turn, and none lost to a piece that throws. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { paced } from '../../src/bus/paced.js';

/** Turns of the event loop and the clock, in the test's hand. */
class Loop {
  now = 0;
  turns = 0;
  readonly #next: (() => void)[] = [];
  readonly defer = paced({
    nextTurn: (work) => this.#next.push(work),
    clock: () => this.now,
  });

  /** Runs the next turn; says whether there was one. */
  turn(): boolean {
    const work = this.#next.shift();
    if (work === undefined) return false;
    this.turns += 1;
    work();
    return true;
  }
}

test('however much is deferred, no turn takes on more once its time is over', () => {
  const loop = new Loop();
  const done: number[] = [];
  for (let n = 0; n < 2000; n += 1) {
    loop.defer(() => {
      loop.now += 1;
      done.push(n);
    });
  }
  let most = 0;
  for (let before = 0; loop.turn(); before = done.length)
    most = Math.max(most, done.length - before);
  assert.ok(most <= 2, `${most} pieces of a millisecond in one turn`);
  assert.deepEqual(done, [...Array(2000).keys()]);
});

test('pieces that take no time share a turn', () => {
  const loop = new Loop();
  let done = 0;
  for (let n = 0; n < 100; n += 1) loop.defer(() => (done += 1));
  assert.ok(loop.turn());
  assert.equal(done, 100);
  assert.equal(loop.turn(), false);
});

test('work that defers itself again lets others go first, and makes room each time', () => {
  const loop = new Loop();
  const story: string[] = [];
  const again = (name: string, times: number) => (): void => {
    loop.now += 3;
    story.push(name);
    if (times > 1) loop.defer(again(name, times - 1));
  };
  loop.defer(again('a', 3));
  loop.defer(again('b', 3));
  while (loop.turn());
  assert.deepEqual(story, ['a', 'b', 'a', 'b', 'a', 'b']);
  assert.equal(loop.turns, 6);
});

test('a piece that throws takes none of the others with it', () => {
  const loop = new Loop();
  let done = 0;
  loop.defer(() => {
    throw new Error('broken');
  });
  loop.defer(() => (done += 1));
  assert.throws(() => loop.turn(), /broken/);
  assert.ok(loop.turn());
  assert.equal(done, 1);
});
