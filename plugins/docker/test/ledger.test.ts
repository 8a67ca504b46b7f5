/** What is kept between two processes of the source, and what it means to the next. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { parseJson, stringifyJson, type Json } from '@waitbus/plugin-sdk';
import { Ledger, type Entry } from '../src/ledger.js';
import { goesOn, pauseMs } from '../src/pauses.js';
import { parseTime } from '../src/records.js';

const BEGIN = 1_795_559_313_194_531_713n;
const SECOND = 1_000_000_000n;

/** Keeps values as the host does: as JSON text. */
function keeper() {
  const texts = new Map<string, string>();
  return {
    get: (key: string) => {
      const text = texts.get(key);
      return text === undefined ? undefined : (parseJson(text) as Json);
    },
    set: (key: string, value: Json) => void texts.set(key, stringifyJson(value)),
  };
}

function exit(container: string, time: bigint, looked = false): Entry {
  const event = { event_type: 'docker_container', received_at: time };
  return { event, container, time, isExit: true, looked };
}

test('a ledger comes back as it was saved, to the nanosecond', () => {
  const state = keeper();
  const ledger = Ledger.begin(state, BEGIN);
  const entry = exit('c1', BEGIN + 5n * SECOND);
  ledger.enter(entry);
  ledger.take([entry], 1);
  const saved = Ledger.saved(state);
  assert.ok(saved);
  const again = Ledger.resume(state, saved);
  assert.equal(again.since, BEGIN + 4n * SECOND);
  assert.deepEqual(again.pending, [entry.event]);
  assert.ok(again.isTold('c1', BEGIN + 5n * SECOND - 1n));
  assert.ok(!again.isTold('c1', BEGIN + 6n * SECOND));
  assert.ok(!again.isTold('c2', BEGIN + 1n));
  assert.ok(again.isTold('c2', BEGIN - 1n), 'what was before it began is the past');
});

test('an exit that waits to be emitted is not saved as told', () => {
  const state = keeper();
  const ledger = Ledger.begin(state, BEGIN);
  ledger.enter(exit('c1', BEGIN + SECOND));
  assert.ok(ledger.isTold('c1', BEGIN + SECOND));
  ledger.save(1);
  const saved = Ledger.saved(state);
  assert.ok(saved && !Ledger.resume(state, saved).isTold('c1', BEGIN + SECOND));
});

test('a first exit that is told leaves the place of the second in the stream', () => {
  const state = keeper();
  const ledger = Ledger.begin(state, BEGIN);
  const [first, second, other] = [
    exit('c1', BEGIN + 10n * SECOND),
    exit('c1', BEGIN + 20n * SECOND),
    exit('c2', BEGIN + 60n * SECOND),
  ];
  ledger.keep('c1', first.time);
  ledger.enter(first);
  ledger.keep('c1', second.time);
  ledger.enter(other);
  const since = () => Ledger.resume(state, Ledger.saved(state) ?? assert.fail()).since;
  ledger.save(1);
  assert.ok(since() <= first.time, 'the first is not told yet');
  ledger.take([first, other], 2);
  assert.equal(since(), second.time - SECOND);
  ledger.enter(second);
  ledger.take([second], 3);
  assert.equal(since(), other.time - SECOND);
});

test('what the records told does not move the cursor, and a new run is another exit', () => {
  const ledger = Ledger.begin(keeper(), BEGIN);
  const entry = exit('c1', BEGIN + 60n * SECOND, true);
  ledger.enter(entry);
  ledger.take([entry], 1);
  assert.equal(ledger.since, BEGIN);
  assert.equal(ledger.lastExit('c1')?.looked, true);
  ledger.started('c1', BEGIN + 59n * SECOND);
  assert.equal(ledger.lastExit('c1')?.looked, true);
  ledger.started('c1', BEGIN + 61n * SECOND);
  assert.equal(ledger.lastExit('c1')?.looked, false);
});

test('it stays small, and what it forgets counts as told', () => {
  const state = keeper();
  const ledger = Ledger.begin(state, BEGIN);
  const entries = Array.from({ length: 1000 }, (_, at) =>
    exit(`c${at}`, BEGIN + BigInt(at) * SECOND),
  );
  for (const entry of entries) ledger.enter(entry);
  ledger.take(entries, 1);
  assert.ok((Ledger.saved(state)?.exits.length ?? 1000) <= 512);
  for (const { container, time } of entries) assert.ok(ledger.isTold(container, time));
});

test('a state that is not of this version is none', () => {
  const state = keeper();
  for (const value of [1, 'x', null, {}, { version: 2 }]) {
    state.set('ledger', value);
    assert.equal(Ledger.saved(state), null);
  }
});

test('only an interruption is gone on from', () => {
  const now = 1_000_000_000;
  const minute = 60_000;
  assert.ok(goesOn({ alive: now - minute, idle: null }, now));
  assert.ok(!goesOn({ alive: now - 20 * minute, idle: null }, now), 'a night later');
  assert.ok(!goesOn({ alive: now - 1, idle: now - 2 * minute }, now), 'nobody waited');
  assert.ok(goesOn({ alive: now - 1, idle: now - 1000 }, now), 'the daemon was restarted');
});

test('pauses grow and stay short', () => {
  const pauses = [1, 2, 3, 10, 10_000].map(pauseMs);
  assert.deepEqual(pauses, [50, 100, 200, 2000, 2000]);
});

test('the times of records are exact', () => {
  assert.equal(parseTime('2026-11-24T22:28:46.970490775Z'), 1795559326970490775n);
  assert.equal(parseTime('2026-11-24T23:28:46.97+01:00'), 1795559326970000000n);
  assert.equal(parseTime('0001-01-01T00:00:00Z'), null);
  assert.equal(parseTime('yesterday'), null);
});
