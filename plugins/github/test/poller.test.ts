/** When a round is had of what is polled, however often it is hastened. */
import assert from 'node:assert/strict';
import { EventEmitter, once } from 'node:events';
import { test } from 'node:test';
import { Poller, type Watch } from '../src/poll/poller.js';
import { Standing } from '../src/standing.js';

const api = {
  knownToken: null,
  limitedMs: 0,
  quota: null,
  spent: 0,
  token: () => Promise.resolve(null),
};
const log = {
  debug: () => undefined,
  info: () => undefined,
  warn: () => undefined,
  error: () => undefined,
};

test('deliveries in a row hasten one round, two seconds after the last one began', async (t) => {
  t.mock.timers.enable({ apis: ['setTimeout'] });
  let now = 0;
  const pass = (ms: number) => {
    now += ms;
    t.mock.timers.tick(ms);
  };
  const ending = new AbortController();
  const { signal } = ending;
  const standing = new Standing({ describe: () => undefined, signal });
  const poller = new Poller({ api, standing, log, signal, now: () => now });
  const began = new EventEmitter();
  let rounds = 0;
  const watch: Watch = {
    repo: 'acme/app',
    what: 'the commit',
    intervalMs: 3_600_000,
    round: () => {
      rounds += 1;
      began.emit('round');
      return Promise.resolve();
    },
  };
  poller.start(watch);
  assert.equal(rounds, 1);
  for (let delivery = 0; delivery < 100; delivery += 1) {
    poller.hasten(watch);
    pass(19);
  }
  assert.equal(rounds, 1);
  const second = once(began, 'round');
  pass(100);
  await second;
  assert.equal(rounds, 2);
  const third = once(began, 'round');
  pass(2000);
  poller.hasten(watch);
  pass(1);
  await third;
  assert.equal(rounds, 3);
  ending.abort();
});
