/** When the index of keys is filled. */
import assert from 'node:assert/strict';
import { mock, test, type TestContext } from 'node:test';
import { Indexing } from '../../src/store/indexing.js';

/** A log that grows by `commit`, and an index that takes a thousand events a step. */
function place(t: TestContext) {
  mock.timers.enable({ apis: ['setTimeout'] });
  t.after(() => mock.timers.reset());
  const errors: unknown[] = [];
  const store = {
    unindexed: 0,
    steps: 0,
    error: null as Error | null,
    index() {
      if (this.error !== null) throw this.error;
      this.steps += 1;
      this.unindexed = Math.max(0, this.unindexed - 1000);
    },
  };
  const indexing = new Indexing({
    store,
    onError: (error) => errors.push(error),
  });
  t.after(() => indexing.close());
  return {
    store,
    errors,
    indexing,
    commit: (events: number) => {
      store.unindexed += events;
      indexing.afterCommit();
    },
    // A timer that is set within a tick counts from the tick's end.
    pass: (milliseconds: number) => {
      for (let ms = 0; ms < milliseconds; ms += 1) mock.timers.tick(1);
    },
  };
}

test('a few events are not worth it', (t) => {
  const { commit, pass, store } = place(t);
  commit(1000);
  pass(60_000);
  assert.equal(store.steps, 0);
});

test('it is filled once the log is quiet, with a pause after each step', (t) => {
  const { commit, pass, store } = place(t);
  commit(5000);
  pass(150);
  commit(1);
  pass(150);
  assert.equal(store.steps, 0, 'not quiet yet');
  pass(100);
  assert.equal(store.steps, 1);
  pass(24);
  assert.equal(store.steps, 1);
  pass(1);
  assert.equal(store.steps, 2);
  pass(200);
  assert.deepEqual([store.steps, store.unindexed], [6, 0]);
});

test('a commit interrupts it until the log is quiet again', (t) => {
  const { commit, pass, store } = place(t);
  commit(5000);
  pass(200);
  commit(1);
  pass(150);
  assert.equal(store.steps, 1);
  pass(1000);
  assert.equal(store.unindexed, 0);
});

test('far behind, it is filled under load as well, with pauses', (t) => {
  const { commit, pass, store } = place(t);
  commit(40_000);
  for (let round = 1; round <= 5; round += 1) {
    pass(25);
    commit(1);
    assert.equal(store.steps, round);
  }
});

test('a step that fails is tried again after a later commit', (t) => {
  const { commit, pass, store, errors } = place(t);
  store.error = new Error('full');
  commit(2000);
  pass(200);
  assert.equal(errors.length, 1);
  pass(60_000);
  assert.equal(errors.length, 1);
  store.error = null;
  commit(1);
  pass(1000);
  assert.equal(store.unindexed, 0);
});

test('nothing is indexed once it is closed', (t) => {
  const { commit, pass, store, indexing } = place(t);
  commit(5000);
  pass(200);
  indexing.close();
  pass(60_000);
  assert.equal(store.steps, 1);
});

test('a commit after the end arms no timer', (t) => {
  const { commit, pass, store, indexing } = place(t);
  indexing.close();
  commit(5000);
  pass(60_000);
  assert.equal(store.steps, 0);
});
