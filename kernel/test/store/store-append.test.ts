/** Appending: order, identity, units that fail alone, and what the kernel adds. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { Place } from '../../../test/support/kernel.js';
import { check } from '../../../test/support/property.js';
import type { CommittedEvent } from '../../src/store/event.js';
import { connect } from '../../src/store/sqlite.js';
import { Store } from '../../src/store/store.js';
import { append, checked, open, readAll, resultsOf } from './opened-store.js';

test('what was appended is read back in order, also after the file was opened again', (t) => {
  const { store, reopen } = open(t);
  const first = append(store, checked({ summary: 'one' }), checked({ summary: 'two' }));
  const again = reopen();
  assert.equal(again.head, first[1]);
  const more = append(again, checked({ summary: 'three' }));
  const rows = readAll(again);
  assert.deepEqual(
    rows.map(({ frame }) => frame['summary']),
    ['one', 'two', 'three'],
  );
  assert.deepEqual(
    rows.map(({ event_id: id }) => id),
    [...first, ...more],
  );
  assert.deepEqual(
    rows.map(({ seq }) => seq),
    [1, 2, 3],
  );
});

test('a clock that jumps back and forward reorders neither ids nor positions', (t) => {
  check(
    t,
    fc.property(
      fc.array(fc.integer({ min: 0, max: 2 ** 42 }), { minLength: 2, maxLength: 12 }),
      (clock) => {
        using place = new Place();
        let now = 0;
        const options = { file: place.path('events.db'), now: () => now };
        let store = new Store(options);
        const committed: CommittedEvent[] = [];
        for (const [index, time] of clock.entries()) {
          now = time;
          if (index === Math.floor(clock.length / 2)) {
            store.close();
            store = new Store(options);
          }
          committed.push(...store.append([[checked()], [checked(), checked()]]).committed);
        }
        store.close();
        committed.forEach(({ seq, eventId }, index) => {
          assert.equal(seq, index + 1);
          assert.ok(eventId > (committed[index - 1]?.eventId ?? ''));
        });
      },
    ),
    { numRuns: 15 },
  );
});

test('a repeated delivery_id is a no-op that returns the id of the first', (t) => {
  const { store, reopen } = open(t);
  const [first] = append(store, checked({ delivery_id: 'key', summary: 'first' }));
  const repeat = [checked({ delivery_id: 'key', summary: 'repeat' })];
  const within = [checked({ delivery_id: 'new' }), checked({ delivery_id: 'new' })];
  const { outcomes, committed } = reopen().append([repeat, within]);
  assert.deepEqual(outcomes[0], { results: [{ event_id: first, inserted: false }] });
  const [one, two] = resultsOf(outcomes[1]);
  assert.deepEqual([one?.inserted, two?.inserted], [true, false]);
  assert.equal(one?.event_id, two?.event_id);
  assert.equal(committed.length, 1);
});

test('an event without a delivery_id has its event_id for one', (t) => {
  const { store } = open(t);
  const [id = ''] = append(store, checked());
  const { outcomes } = store.append([[checked({ delivery_id: id })]]);
  assert.deepEqual(resultsOf(outcomes[0]), [{ event_id: id, inserted: false }]);
});

test('an event with a delivery_id of its own is not found by its event_id', (t) => {
  const { store } = open(t);
  const [id = ''] = append(store, checked({ delivery_id: 'own' }));
  const { outcomes } = store.append([[checked({ delivery_id: id })]]);
  assert.equal(resultsOf(outcomes[0])[0]?.inserted, true);
});

test('a unit that cannot be stored takes none of its events and no other unit with it', (t) => {
  const { store: first, file, reopen } = open(t);
  first.close();
  const other = connect(file);
  other.exec(`CREATE TRIGGER refuse BEFORE INSERT ON events WHEN NEW.event_type = 'refused'
              BEGIN SELECT RAISE(ABORT, 'refused by the test'); END`);
  other.close();
  const store = reopen();
  const { outcomes, committed } = store.append([
    [checked({ summary: 'a' })],
    [checked({ summary: 'b' }), checked({ event_type: 'refused' })],
    [checked({ summary: 'c' })],
  ]);
  assert.deepEqual(
    outcomes.map(({ error }) => error?.code),
    [undefined, 'WAITBUS_STORE_FAILED', undefined],
  );
  const rows = readAll(store);
  assert.deepEqual(
    rows.map(({ frame }) => frame['summary']),
    ['a', 'c'],
  );
  assert.deepEqual(
    rows.map(({ seq }) => seq),
    [1, 2],
  );
  assert.deepEqual(
    committed.map(({ eventId }) => eventId),
    rows.map(({ event_id: id }) => id),
  );
  assert.equal(store.head, rows[1]?.event_id);
});

test('what the kernel writes into fields wins over what the producer put there', (t) => {
  const { store } = open(t);
  append(
    store,
    checked({ fields: { source: 'forged', repo: 'forged', own: 1 }, owner: 'o', repo: 'r' }),
  );
  assert.deepEqual(readAll(store)[0]?.frame['fields'], {
    source: 'agent',
    repo: 'r',
    own: 1,
    event_type: 'agent_note',
    owner: 'o',
    ingest_method: 'emit',
  });
});
