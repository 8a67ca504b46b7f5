/** What many holds cost: one write of the journal for what one piece of input brought about. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { WaitbusError } from '@waitbus/plugin-sdk/envelope';
import { Holds } from '../../src/holds/holds.js';
import type { KeptHold } from '../../src/holds/journal.js';
import type { Answer, Owner, Wanted } from '../../src/holds/terms.js';

const LIMIT_OF_ONE = 256;
const LIMIT = 1000;

class Bench {
  readonly written: (readonly KeptHold[])[] = [];
  readonly answers: (object | WaitbusError)[] = [];
  readonly holds = new Holds({
    journal: { read: () => [], write: (kept) => void this.written.push(kept) },
    publish: () => assert.fail('nothing was to be published'),
    checkEvent: () => assert.fail('there was no event'),
    now: () => 0,
    log: { info: () => undefined, error: () => undefined },
  });

  ask(owner: Owner, token: string, more: Partial<Wanted> = {}): void {
    const wanted = { token, key: `/${token}`, mayWait: false, resume: false };
    const rest = { granted: null, will: null, data: null };
    const answer: Answer = (frame) => void this.answers.push(frame);
    this.holds.request(owner, { ...wanted, ...rest, ...more }, answer);
  }
}

const owner = (): Owner => ({ send: () => undefined });
const settled = () => new Promise(setImmediate);

test('as many as one may hold are granted with one write, and let go with one', async () => {
  const bench = new Bench();
  const [one, other] = [owner(), owner()];
  for (let n = 0; n < LIMIT_OF_ONE; n += 1) bench.ask(one, `t${n}`);
  assert.throws(() => bench.ask(one, 'more'), /one connection can hold at most 256 keys/);
  assert.deepEqual(bench.answers, [], 'granted before it was kept');
  await settled();
  assert.equal(bench.answers.length, LIMIT_OF_ONE);
  assert.deepEqual(
    bench.written.map((kept) => kept.length),
    [LIMIT_OF_ONE],
  );
  for (let n = 0; n < 40; n += 1) bench.ask(other, `w${n}`, { key: `/t${n}/below`, mayWait: true });
  await settled();
  assert.equal(bench.answers.length, LIMIT_OF_ONE);
  bench.holds.left(one);
  await settled();
  assert.deepEqual(bench.written.at(-1)?.map(({ token }) => token).length, 40);
  assert.equal(bench.written.length, 2);
  assert.equal(bench.answers.length, LIMIT_OF_ONE + 40);
});

test('all together hold at most a thousand', async () => {
  const bench = new Bench();
  for (let n = 0; n < LIMIT; n += 1) {
    if (n % LIMIT_OF_ONE === 0) await settled();
    bench.ask(owner(), `t${n}`);
  }
  assert.throws(() => bench.ask(owner(), 'more'), /at most 1000 keys can be held/);
});

test('what is let go in the turn in which it was granted is answered and not kept', async () => {
  const bench = new Bench();
  const one = owner();
  bench.ask(one, 'short');
  assert.equal(bench.holds.release(one, 'short', null), true);
  assert.deepEqual(bench.answers, [{ kind: 'held', event_id: null, since: 0 }]);
  await settled();
  assert.deepEqual(bench.written, [[]]);
});
