/** Room for large frames: shared, in order, and given up by who takes too long. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { FrameRoom } from '../../src/socket/frame-room.js';

class World {
  now = 0;
  /** What is to be called back, and when. */
  timer: { readonly at: number; readonly callback: () => void } | null = null;
  readonly told: string[] = [];
  readonly room = new FrameRoom({
    maxBytes: 100,
    graceMs: 1000,
    clock: () => this.now,
    after: (milliseconds, callback) => {
      this.timer = { at: this.now + milliseconds, callback };
      return () => (this.timer = null);
    },
  });

  owner(name: string) {
    return {
      resume: () => this.told.push(`${name} resumes`),
      evict: () => this.told.push(`${name} is evicted`),
    };
  }

  /** Lets the time come that something waits for. */
  fire(): void {
    const { timer } = this;
    assert.ok(timer, 'something waits for its time');
    this.timer = null;
    this.now = timer.at;
    timer.callback();
  }
}

test('frames are taken as long as there is room, and a later one does not pass one that waits', async () => {
  const { room, told, owner } = bound(new World());
  const [one, two, small] = [owner('one'), owner('two'), owner('small')];
  assert.deepEqual(
    [room.take(one, 80), room.take(two, 80), room.take(small, 10)],
    [true, false, false],
  );
  room.leave(one);
  await Promise.resolve();
  assert.deepEqual(told, ['two resumes']);
  assert.ok(room.take(two, 80));
  await Promise.resolve();
  assert.deepEqual(told, ['two resumes', 'small resumes']);
  assert.ok(room.take(small, 10));
  assert.equal(room.used, 90);
});

test('who waits and leaves is not waited for', async () => {
  const { room, told, owner } = bound(new World());
  const [one, two, three] = [owner('one'), owner('two'), owner('three')];
  room.take(one, 100);
  room.take(two, 100);
  room.take(three, 100);
  room.leave(two);
  room.leave(one);
  await Promise.resolve();
  assert.ok(told.includes('three resumes'));
  assert.ok(room.take(three, 100));
});

test('a frame keeps its room as long as nobody waits; then the oldest has had its time', () => {
  const world = new World();
  const { room, told, owner } = bound(world);
  const [old, young, waits] = [owner('old'), owner('young'), owner('waits')];
  room.take(old, 50);
  world.now = 5000;
  room.take(young, 50);
  assert.equal(world.timer, null);
  room.take(waits, 50);
  world.fire();
  assert.deepEqual(told, ['old is evicted']);
  assert.ok(room.take(waits, 50));
  assert.equal(room.used, 100);
});

function bound(world: World) {
  return { room: world.room, told: world.told, owner: (name: string) => world.owner(name) };
}
