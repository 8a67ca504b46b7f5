/** The figures of the latency table, and where it is put. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { machine } from '../bench/machine.js';
import { now, ofWallClock } from './clock.js';
import { placed, summaryOf, tableOf } from './result.js';

test('the median and the 99th percentile are by nearest rank', () => {
  const hundred = Array.from({ length: 100 }, (_, at) => 100 - at);
  const { median, p99, rounds } = summaryOf(hundred);
  assert.deepEqual({ median, p99, rounds }, { median: 50, p99: 99, rounds: 100 });
  assert.equal(summaryOf([3, 1, 2]).median, 2);
  assert.equal(summaryOf([3, 1, 2]).p99, 3);
});

test('the table takes the place between its marks and leaves the rest alone', () => {
  const before = 'a\n<!-- latency: written by npm run latency -->\nold\n<!-- /latency -->\nb\n';
  const figures = { source: 'fs', counterpart: 'linux 6', moment: 'close', ...summaryOf([1, 20]) };
  const skipped = [{ source: 'docker', reason: 'no engine' }];
  const results = {
    date: '2026-01-02T03:04:05Z',
    machine: machine(),
    measured: [figures],
    paid: [{ source: 'pytest', what: 'a run takes so much more', figure: '0.4 %' }],
    skipped,
  };
  const after = placed(before, tableOf(results));
  assert.match(after, /^a\n<!-- latency[^]*\| fs +\| linux 6 +\| close \| 1\.0 ms \| 20 ms \|/);
  assert.match(after, /\nWhat pytest costs: a run takes so much more: 0\.4 %\.\n/);
  assert.match(after, /Not measured: docker \(no engine\)\.\n\n<!-- \/latency -->\nb\n$/);
  assert.doesNotMatch(after, /old/);
  assert.equal(placed(after, tableOf(results)), after);
  assert.throws(() => placed('nothing', ''), /there is no <!-- latency/);
});

test('what the kernel’s limits add stands under the table, where there are any', () => {
  const results = {
    date: '2026-01-02T03:04:05Z',
    machine: machine(),
    measured: [],
    paid: [],
    skipped: [],
  };
  assert.doesNotMatch(tableOf(results), /kernel/);
  const confinement = { abi: 7, ...summaryOf([3, 2, 1]) };
  const text = tableOf({ ...results, confinement });
  assert.match(
    text,
    /\(Landlock ABI 7, seccomp\) add 2\.0 ms to the start of a source.* 3 pairs\.$/,
  );
});

test('a time of the wall clock is the same moment on the clock of the measurement', () => {
  const apart = ofWallClock(Date.now()) - now();
  assert.ok(Math.abs(apart) < 1000, `${apart} ms`);
});
