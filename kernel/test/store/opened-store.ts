/** A store that is open for one test, with short ways to append to it and to read it all back. */
import assert from 'node:assert/strict';
import type { TestContext } from 'node:test';
import { checkEnvelope, type CheckedEvent } from '@waitbus/plugin-sdk/envelope';
import { event, Place } from '../../../test/support/kernel.js';
import { FrameDecoder, parseFrame } from '../../src/socket/frame.js';
import type { EmitResult } from '../../src/store/append.js';
import { Store, type Outcome } from '../../src/store/store.js';

export const NOW = 1_752_000_000_000;

export function open(
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

export function checked(members: object = {}): CheckedEvent {
  return checkEnvelope(event(members));
}

export function resultsOf(outcome: Outcome | undefined): readonly EmitResult[] {
  assert.ok(outcome !== undefined && outcome.error === undefined);
  return outcome.results;
}

export function append(store: Store, ...events: CheckedEvent[]): string[] {
  return store
    .append(events.map((one) => [one]))
    .outcomes.flatMap(resultsOf)
    .map(({ event_id: id }) => id);
}

/** Everything in the log, page by page. */
export function readAll(
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

export function framesIn(bytes: Buffer): Record<string, unknown>[] {
  return [...new FrameDecoder(1 << 20).push(bytes)].map((body) => parseFrame(body));
}
