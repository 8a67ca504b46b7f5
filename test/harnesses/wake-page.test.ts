/** The page of the wake matrix says what was seen, and what did not work as such. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { latencyIn, page, wokenIn } from './wake-page.js';

const seen = (times: number, latencyMs: number | null) => ({ times, latencyMs });

test('a median is that of what arrived, of an even number between the two in the middle', () => {
  assert.equal(latencyIn([]), '');
  assert.equal(latencyIn([seen(0, null)]), '');
  assert.equal(latencyIn([seen(1, 30), seen(1, 10), seen(1, 900)]), '30 ms (10 to 900)');
  assert.equal(latencyIn([seen(1, 10), seen(0, null), seen(1, 20)]), '15 ms (10 to 20)');
});

test('what did not arrive, or did twice, is said', () => {
  assert.equal(wokenIn([]), 'not tried');
  assert.equal(wokenIn([seen(1, 1), seen(1, 1)]), 'once, 2 of 2');
  assert.equal(wokenIn([seen(1, 1), seen(0, null), seen(2, 1)]), 'once, 1 of 3; else 0, 2 times');
});

test('each row is a line of the table', () => {
  const row = { harness: 'H', version: '1', way: 'W', moment: 'idle', remark: 'R' } as const;
  const text = page([{ ...row, seen: [seen(1, 7)] }], { node: 'v20', cores: 2, load: 1.25 });
  assert.match(text, /^\| H \| 1 \| W \| idle \| once, 1 of 1 \| 7 ms \(7 to 7\) \| R \|$/m);
});
