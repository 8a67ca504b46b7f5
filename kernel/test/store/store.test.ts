import assert from 'node:assert/strict';
import { test, type TestContext } from 'node:test';
import { checkEnvelope, parseJson, type CheckedEvent } from '@waitbus/plugin-sdk/envelope';
import fc from 'fast-check';
import { event, Place } from '../../../test/support/kernel.js';
import { check } from '../../../test/support/property.js';
import { FrameDecoder, parseFrame } from '../../src/socket/frame.js';
import type { EmitResult } from '../../src/store/append.js';
import type { CommittedEvent } from '../../src/store/event.js';
import { connect } from '../../src/store/sqlite.js';
import { FIRST_ULID, ulidAt } from '../../src/store/ulid.js';
import { Store, type Outcome } from '../../src/store/store.js';

const NOW = 1_752_000_000_000;

function open(
  t: TestContext,
  now: () => number = () => NOW,
): { store: Store; file: string; reopen: () => Store } {
  const place = new Place();
  const file = place.path('events.db');
  let store = new Store({ file, now });
  t.after(() => {
    store.close();
    place[Symbol.dispose]();
  });
  const reopen = () => {
    store.close();
    store = new Store({ file, now });
    return store;
  };
  return { store, file, reopen };
}

function checked(members: object = {}): CheckedEvent {
  return checkEnvelope(event(members));
}

function resultsOf(outcome: Outcome | undefined): readonly EmitResult[] {
  assert.ok(outcome !== undefined && outcome.error === undefined);
  return outcome.results;
}

function append(store: Store, ...events: CheckedEvent[]): string[] {
  return store
    .append(events.map((one) => [one]))
    .outcomes.flatMap(resultsOf)
    .map(({ event_id: id }) => id);
}

/** Everything in the log, page by page. */
function readAll(
  store: Store,
  after = 0,
): { seq: number; event_id: string; frame: Record<string, unknown> }[] {
  const rows = [];
  for (let at = after; ;) {
    const { through, bytes } = store.page(at, 3, 1 << 20);
    if (through === at) return rows;
    const frames = framesIn(bytes);
    for (const [index, frame] of frames.entries()) {
      const seq = through - frames.length + 1 + index;
      rows.push({ seq, event_id: String(frame['event_id']), frame });
    }
    at = through;
  }
}

function framesIn(bytes: Buffer): Record<string, unknown>[] {
  return [...new FrameDecoder(1 << 20).push(bytes)].map((body) => parseFrame(body));
}

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

test('a page holds at least one row, then as many as the limits allow', (t) => {
  const { store } = open(t);
  append(
    store,
    ...Array.from({ length: 10 }, () => checked({ fields: { pad: 'x'.repeat(1000) } })),
  );
  const page = (after: number, maxRows: number, maxBytes: number) => {
    const { through, bytes } = store.page(after, maxRows, maxBytes);
    return [through, framesIn(bytes).length];
  };
  assert.deepEqual(page(0, 4, 1 << 20), [4, 4]);
  assert.deepEqual(page(0, 100, 1), [1, 1]);
  assert.deepEqual(page(0, 100, 3000), [2, 2]);
  assert.deepEqual(page(8, 100, 1 << 20), [10, 2]);
  assert.deepEqual(page(10, 100, 1 << 20), [10, 0]);
  assert.deepEqual(page(99, 100, 1 << 20), [99, 0]);
});

test('a page that meets a frame over the cap sends a truncated one in its place', (t) => {
  const { store } = open(t);
  const large = checked({ fields: { pad: 'x'.repeat(70_000) } });
  const ids = append(store, checked(), checked(), large, checked());
  const kinds = readAll(store).map(({ frame }) => frame['kind']);
  assert.deepEqual(kinds, ['event', 'event', 'truncated', 'event']);
  assert.deepEqual(
    readAll(store).map(({ event_id: id }) => id),
    ids,
  );
});

test('a cursor is found wherever it falls', (t) => {
  let now = NOW;
  const { store } = open(t, () => (now += 10));
  assert.equal(store.seqAtOrBefore(FIRST_ULID), 0);
  const all = append(store, ...Array.from({ length: 20 }, () => checked()));
  all.forEach((id, index) => {
    assert.equal(store.seqAtOrBefore(id), index + 1);
    assert.equal(
      store.seqAtOrBefore(`${id.slice(0, 25)}${id.endsWith('Z') ? 'Y' : 'Z'}`),
      id.endsWith('Z') ? index : index + 1,
    );
  });
  assert.equal(store.seqAtOrBefore(FIRST_ULID), 0);
  assert.equal(store.seqAtOrBefore(ulidAt(NOW)), 0);
  assert.equal(store.seqAtOrBefore('Z'.repeat(26)), 20);
  store.prune(7, 100);
  assert.equal(store.seqAtOrBefore(all[2] ?? ''), 7);
  assert.equal(store.seqAtOrBefore(all[11] ?? ''), 12);
});

test('removal is from the front, says how far, and outlives the daemon', (t) => {
  const { store, reopen } = open(t);
  const all = append(store, ...Array.from({ length: 10 }, () => checked({ payload: 1 })));
  assert.equal(store.floor, null);
  assert.equal(store.prune(6, 4), 4);
  assert.equal(store.floor, all[3]);
  assert.equal(store.prune(6, 4), 2);
  assert.equal(store.prune(6, 4), 0);
  const again = reopen();
  assert.deepEqual([again.floor, again.floorSeq, again.count, again.head], [all[5], 6, 4, all[9]]);
  assert.equal(again.get(all[5] ?? ''), null);
  assert.notEqual(again.get(all[6] ?? ''), null);
  assert.deepEqual(
    readAll(again).map(({ seq }) => seq),
    [7, 8, 9, 10],
  );
});

test('a log of which everything was removed goes on after its last id', (t) => {
  let now = NOW;
  const { store, reopen } = open(t, () => now);
  const all = append(store, checked(), checked());
  store.prune(store.headSeq, 100);
  assert.deepEqual([store.head, store.count], [all[1], 0]);
  now -= 1_000_000;
  const again = reopen();
  assert.deepEqual([again.head, again.headSeq, again.count], [all[1], 2, 0]);
  const [next = ''] = append(again, checked());
  assert.ok(next > (all[1] ?? ''));
  assert.equal(again.headSeq, 3);
});

test('get returns the frame and the payload with its digits', (t) => {
  const { store } = open(t);
  const payload = { big: 9007199254740993n, nested: ['ü', null, { deep: -1 }] };
  const [withPayload = '', without = ''] = append(store, checked({ payload }), checked());
  assert.deepEqual(parseJson(store.get(withPayload)?.payload ?? ''), payload);
  assert.equal(store.get(without)?.payload, null);
  assert.equal(store.get(FIRST_ULID), null);
  assert.equal(store.get('Z'.repeat(26)), null);
});

test('received_at keeps all of its 64 bits, in the frame and after a restart', (t) => {
  const { store, reopen } = open(t);
  const times = [0n, 1n, 2n ** 53n + 1n, 1_752_000_000_123_456_789n, 2n ** 63n - 1n];
  append(store, ...times.map((time) => checked({ received_at: time })));
  append(store, checked());
  const text = reopen()
    .page(0, 10, 1 << 20)
    .bytes.toString();
  const digits = [...text.matchAll(/"received_at":(\d+),/g)].map((match) => match[1]);
  assert.deepEqual(digits, [...times, BigInt(NOW) * 1_000_000n].map(String));
});

test('a frame over 65,536 bytes goes out as truncated and is stored whole', (t) => {
  const { store } = open(t);
  const bare = store.append([[checked({ fields: { pad: '' } })]]).committed[0]?.wire.length ?? 0;
  const ofBytes = (bytes: number) => checked({ fields: { pad: 'x'.repeat(bytes + 4 - bare) } });
  const { committed } = store.append([
    [ofBytes(65_536)],
    [ofBytes(65_537)],
    [checked({ fields: { pad: 'x'.repeat(70_000), msg_correlation_id: 'c-1' } })],
  ]);
  const wires = committed.map(
    ({ wire }) => parseJson(wire.subarray(4).toString()) as Record<string, unknown>,
  );
  assert.deepEqual(
    wires.map(({ kind }) => kind),
    ['event', 'truncated', 'truncated'],
  );
  assert.equal(committed[0]?.wire.readUInt32BE(0), 65_536);
  assert.deepEqual(wires[2], {
    kind: 'truncated',
    event_id: committed[2]?.eventId,
    reason: 'frame_too_large',
    max_frame_bytes: 65_536,
    correlation_id: 'c-1',
  });
  assert.equal(wires[1]?.['correlation_id'], null);
  assert.equal(store.get(committed[1]?.eventId ?? '')?.frame.length, 65_537);
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
