/** Who holds a key and who waits, as a pure decision. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { check } from '../../../test/support/property.js';
import { conflicts, HoldTable, type Hold } from '../../src/holds/table.js';

const KEYS = ['/', '/a', '/a/b', '/a/b/c', '/ab', '/a/c', '/d', 'd'];

test('a key conflicts with itself and with what lies above or below it, by whole segments', () => {
  const expected: readonly (readonly [string, string, boolean])[] = [
    ['/a', '/a', true],
    ['/a', '/a/b', true],
    ['/a/b/c', '/a', true],
    ['/a', '/ab', false],
    ['/a/b', '/a/c', false],
    ['/', '/anything/at/all', true],
    ['/a/', '/a/b', true],
  ];
  for (const [one, other, yes] of expected) {
    assert.equal(conflicts(one, other), yes, `${one} and ${other}`);
    assert.equal(conflicts(other, one), yes, `${other} and ${one}`);
  }
});

type Step =
  | { readonly does: 'request'; readonly key: string; readonly mayWait: boolean }
  | { readonly does: 'end' | 'adopt'; readonly at: number };

const key = fc.constantFrom(...KEYS);
const step: fc.Arbitrary<Step> = fc.oneof(
  { weight: 4, arbitrary: fc.record({ does: fc.constant('request'), key, mayWait: fc.boolean() }) },
  { weight: 3, arbitrary: fc.record({ does: fc.constant('end'), at: fc.nat(20) }) },
  { weight: 1, arbitrary: fc.record({ does: fc.constant('adopt'), at: fc.nat(20) }) },
);

test('no two that conflict are held at once, nobody is overtaken, and nobody waits for nothing', (t) => {
  const property = fc.property(
    fc.array(key, { maxLength: 2 }),
    fc.array(step, { maxLength: 40 }),
    (before, steps) => {
      const table = new HoldTable<string>();
      for (const [index, held] of before.entries()) {
        // What a daemon kept did not conflict when it was granted.
        if (table.blockersOf(held).length > 0) continue;
        table.orphan({ token: `orphan-${index}`, key: held, since: 0 });
      }
      for (const [index, one] of steps.entries()) {
        play(table, one, `t${index}`, index);
        inspect(table.all);
      }
    },
  );
  check(t, property, { numRuns: 2000 });
});

function play(table: HoldTable<string>, one: Step, token: string, now: number): void {
  const all = [...table.all];
  switch (one.does) {
    case 'request': {
      const blockers = table.request(
        { token, key: one.key, since: now, owner: token },
        one.mayWait,
      );
      const expected = all.filter((hold) => conflicts(hold.key, one.key));
      assert.deepEqual(blockers, expected);
      const state = table.find(token)?.state;
      assert.equal(state, expected.length === 0 ? 'held' : one.mayWait ? 'waiting' : undefined);
      return;
    }
    case 'end': {
      const hold = all[one.at % Math.max(1, all.length)];
      if (hold === undefined) return;
      const granted = table.end([hold.token], now);
      const waited = new Set(
        all.filter(({ state }) => state === 'waiting').map((waiting) => waiting.token),
      );
      for (const next of granted) {
        assert.ok(waited.has(next.token));
        assert.deepEqual([next.state, next.since], ['held', now]);
      }
      assert.equal(table.all.length, all.length - 1);
      return;
    }
    case 'adopt': {
      const hold = all.find(({ state }) => state === 'orphaned');
      if (hold === undefined) return;
      table.adopt(hold.token, 'back');
      assert.deepEqual(table.find(hold.token), { ...hold, state: 'held', owner: 'back' });
      return;
    }
  }
}

function inspect(all: readonly Hold<string>[]): void {
  for (const [at, hold] of all.entries()) {
    const inTheWay = all.filter(
      (other, place) =>
        other !== hold &&
        conflicts(other.key, hold.key) &&
        (other.state !== 'waiting' || place < at),
    );
    const held = inTheWay.filter(({ state }) => state !== 'waiting');
    if (hold.state === 'waiting') assert.ok(inTheWay.length > 0, `${hold.key} waits for nothing`);
    else assert.deepEqual(held, [], `${hold.key} is held beside another`);
  }
}

test('who waits is served in order, and one that conflicts with nobody ahead is not held up', () => {
  const table = new HoldTable<string>();
  const ask = (token: string, at: string) =>
    table.request({ token, key: at, since: 0, owner: token }, true);
  ask('holder', '/a');
  ask('first', '/a/b');
  ask('second', '/a');
  ask('third', '/a/c');
  assert.deepEqual(
    table.end(['holder'], 1).map(({ token }) => token),
    ['first'],
  );
  assert.deepEqual(
    table.end(['first'], 2).map(({ token }) => token),
    ['second'],
  );
  assert.deepEqual(
    table.end(['second'], 3).map(({ token }) => token),
    ['third'],
  );
  ask('elsewhere', '/d');
  assert.equal(table.find('elsewhere')?.state, 'held');
});
