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
    mock.timers.enable({ apis: ['setTimeout', 'setImmediate'] });
    this.heartbeat = new Heartbeat({
      everyMs: 100,
      deadlineMs: 50,
      clock: () => this.now,
      ping: (id) => this.asked.push(id),
      excused: () => this.excused,
      onSilent: () => (this.silent += 1),
    });
  }

  pass(milliseconds: number, late = 0): void {
    this.now += milliseconds + late;
    mock.timers.tick(milliseconds);
    mock.timers.tick(0);
  }

  [Symbol.dispose](): void {
    this.heartbeat.stop();
    mock.timers.reset();
  }
}

test('who answers is asked again after a pause', () => {
  using beat = new Beat();
  beat.pass(100);
  assert.deepEqual(beat.asked, [1]);
  assert.equal(beat.heartbeat.pong(1), true);
  beat.pass(99);
  assert.deepEqual(beat.asked, [1]);
  beat.pass(1);
  assert.deepEqual(beat.asked, [1, 2]);
  assert.equal(beat.silent, 0);
});

test('who does not answer in time is silent', () => {
  using beat = new Beat();
  beat.pass(100);
  beat.pass(50);
  assert.equal(beat.silent, 1);
});

test('an answer counts once, and only to the question that is open', () => {
  using beat = new Beat();
  assert.equal(beat.heartbeat.pong(1), false);
  beat.pass(100);
  assert.equal(beat.heartbeat.pong(7), false);
  assert.equal(beat.heartbeat.pong(1), true);
  assert.equal(beat.heartbeat.pong(1), false);
  assert.equal(beat.silent, 0);
});

test('a daemon that stood still itself gives another deadline', () => {
  using beat = new Beat();
  beat.pass(100);
  beat.pass(50, 60_000);
  assert.equal(beat.silent, 0);
  beat.pass(50);
  assert.equal(beat.silent, 1);
});

test('a source that the host holds back is excused until it is not', () => {
  using beat = new Beat();
  beat.excused = true;
  beat.pass(100);
  beat.pass(50);
  beat.pass(50);
  assert.equal(beat.silent, 0);
  beat.excused = false;
  beat.pass(50);
  assert.equal(beat.silent, 1);
});

test('once stopped it asks nothing and says nothing', () => {
  using beat = new Beat();
  beat.pass(100);
  beat.heartbeat.stop();
  beat.pass(50);
  beat.heartbeat.pong(1);
  beat.pass(1000);
  assert.deepEqual(beat.asked, [1]);
  assert.equal(beat.silent, 0);
});
