/** Lines of a source's output, and what is said of those that are too many. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Chatter } from '../../cli/src/host/chatter.js';
import { forPeople } from '../../cli/src/host/for-people.js';
import { LineCutter } from '../../cli/src/host/output.js';
import { TokenBucket } from '../../cli/src/host/token-bucket.js';

function cut(...chunks: readonly string[]): string[] {
  const lines: string[] = [];
  const cutter = new LineCutter((line) => lines.push(line));
  for (const chunk of chunks) cutter.push(Buffer.from(chunk));
  cutter.finish();
  return lines;
}

test('lines are cut wherever the chunks end; empty ones are left out', () => {
  assert.deepEqual(cut('one\ntw', 'o\n', '\n\nthr', 'ee'), ['one', 'two', 'three']);
});

test('of a line without end the first part is kept, and the next line is whole', () => {
  const lines = cut(...Array<string>(1000).fill('x'.repeat(10_000)), '\nnext\n');
  assert.deepEqual(
    lines.map((line) => line.length),
    [4096, 4],
  );
});

test('what is said on a terminal steers it nowhere', () => {
  assert.equal(forPeople('a\u001b[2Jb\nc\u009bd\u2028e', 100), 'a\\u001b[2Jb\\nc\\u009bd\\u2028e');
  assert.equal(forPeople('abcdef', 3), 'abc...');
});

test('a token bucket gives its burst at once, then its rate', () => {
  let now = 0;
  const bucket = new TokenBucket({ clock: () => now, perSecond: 10, burst: 3 });
  assert.deepEqual(
    [1, 2, 3, 4].map(() => bucket.take()),
    [true, true, true, false],
  );
  now = 100;
  assert.deepEqual([bucket.take(), bucket.take()], [true, false]);
  now = 60_000;
  assert.equal(bucket.take(4), false, 'no more than the burst');
  assert.equal(bucket.take(3), true);
});

test('what is left out is counted, and said when there is room again and at the end', () => {
  let now = 0;
  const logged: { message: string; details: object }[] = [];
  const log = (details: object, message: string) => logged.push({ details, message });
  const chatter = new Chatter({
    source: 'one',
    log: { debug: log, info: log, warn: log, error: log },
    clock: () => now,
  });
  for (let at = 0; at < 300; at += 1) chatter.line(`line ${at}`);
  assert.equal(logged.length, 200);
  now = 1000;
  chatter.line('later');
  assert.deepEqual(logged[200]?.details, { source: 'one', leftOut: 100 });
  assert.deepEqual(logged[201]?.details, { source: 'one', line: 'later' });
  for (let at = 0; at < 100; at += 1) chatter.line('more');
  chatter.finish();
  assert.deepEqual(logged.at(-1)?.details, { source: 'one', leftOut: 81 });
});

test('details that are too large are left out, their size is said', () => {
  const logged: object[] = [];
  const log = (details: object) => logged.push(details);
  const chatter = new Chatter({
    source: 'one',
    log: { debug: log, info: log, warn: log, error: log },
    clock: () => 0,
  });
  const message = { type: 'log', level: 'info', message: 'x', details: { source: 'two' } } as const;
  chatter.message(message, 100);
  chatter.message(message, 1_000_000);
  assert.deepEqual(logged, [
    { source: 'one', details: { source: 'two' } },
    { source: 'one', details: { leftOutBytes: 1_000_000 } },
  ]);
});
