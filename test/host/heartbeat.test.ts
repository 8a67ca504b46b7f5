/** When silence is a source's own. */
import assert from 'node:assert/strict';
import { mock, test } from 'node:test';
import { Heartbeat } from '../../cli/src/host/heartbeat.js';

class Beat implements Disposable {
  now = 0;
  excused = false;
  readonly asked: number[] = [];
  silent = 0;
  readonly heartbeat: Heartbeat;

  constructor() {
    mock.timers.enable({ apis: ['setTimeout'] });
    this.heartbeat = new Heartbeat({
      everyMs: 100,
      deadlineMs: 50,
      clock: () => this.now,
      ping: (id) => this.asked.push(id),
      excused: () => this.excused,
      onSilent: () => (this.silent += 1),
    });
  }

  async pass(milliseconds: number, late = 0): Promise<void> {
    this.now += milliseconds + late;
    mock.timers.tick(milliseconds);
    // It concludes after the timers of a turn.
    await new Promise(setImmediate);
  }

  [Symbol.dispose](): void {
    this.heartbeat.stop();
    mock.timers.reset();
  }
}

test('who answers is asked again after a pause', async () => {
  using beat = new Beat();
  await beat.pass(100);
  assert.deepEqual(beat.asked, [1]);
  assert.equal(beat.heartbeat.pong(1), true);
  await beat.pass(99);
  assert.deepEqual(beat.asked, [1]);
  await beat.pass(1);
  assert.deepEqual(beat.asked, [1, 2]);
  assert.equal(beat.silent, 0);
});

test('who does not answer in time is silent', async () => {
  using beat = new Beat();
  await beat.pass(100);
  await beat.pass(50);
  assert.equal(beat.silent, 1);
});

test('an answer counts once, and only to the question that is open', async () => {
  using beat = new Beat();
  assert.equal(beat.heartbeat.pong(1), false);
  await beat.pass(100);
  assert.equal(beat.heartbeat.pong(7), false);
  assert.equal(beat.heartbeat.pong(1), true);
  assert.equal(beat.heartbeat.pong(1), false);
  assert.equal(beat.silent, 0);
});

test('a daemon that stood still itself gives another deadline', async () => {
  using beat = new Beat();
  await beat.pass(100);
  await beat.pass(50, 60_000);
  assert.equal(beat.silent, 0);
  await beat.pass(50);
  assert.equal(beat.silent, 1);
});

test('a source that the host holds back is excused until it is not', async () => {
  using beat = new Beat();
  beat.excused = true;
  await beat.pass(100);
  await beat.pass(50);
  await beat.pass(50);
  assert.equal(beat.silent, 0);
  beat.excused = false;
  await beat.pass(50);
  assert.equal(beat.silent, 1);
});

test('once stopped it asks nothing and says nothing', async () => {
  using beat = new Beat();
  await beat.pass(100);
  beat.heartbeat.stop();
  await beat.pass(50);
  beat.heartbeat.pong(1);
  await beat.pass(1000);
  assert.deepEqual(beat.asked, [1]);
  assert.equal(beat.silent, 0);
});
