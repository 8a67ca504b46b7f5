/** Reading: pages and cursors, single events, and what is too large for a frame. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { parseJson } from '@waitbus/plugin-sdk/envelope';
import { FIRST_ULID, ulidAt } from '../../src/store/ulid.js';
import { append, checked, framesIn, NOW, open, readAll } from './opened-store.js';

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

test('get returns the frame and the payload with its digits', (t) => {
  const { store } = open(t);
  const payload = { big: 9007199254740993n, nested: ['ü', null, { deep: -1 }] };
  const [withPayload = '', without = ''] = append(store, checked({ payload }), checked());
  assert.deepEqual(parseJson(String(store.get(withPayload)?.payload)), payload);
  assert.equal(store.get(without)?.payload, null);
  assert.equal(store.get(FIRST_ULID), null);
  assert.equal(store.get('Z'.repeat(26)), null);
});

test('received_at keeps all of its 64 bits, in the frame and after a restart', (t) => {
  const { store, reopen } = open(t);
  const times = [0n, 1n, 2n ** 53n + 1n, 1_752_000_000_123_456_789n, 2n ** 63n - 1n];
  append(store, ...times.map((time) => ({ ...checked(), received_at: time })));
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
