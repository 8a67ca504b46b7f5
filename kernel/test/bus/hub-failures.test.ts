/** A log that cannot be read, or is damaged, ends the subscription that meets it and no other. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { checkEnvelope } from '@waitbus/plugin-sdk/envelope';
import { event, Place } from '../../../test/support/kernel.js';
import { Hub } from '../../src/bus/hub.js';
import type { Log } from '../../src/bus/log.js';
import { EVERYTHING } from '../../src/bus/subscription.js';
import { FIRST_ULID } from '../../src/store/ulid.js';
import { Store } from '../../src/store/store.js';
import { REQUESTS } from './hub-world.js';
import { Recorder } from './recorder.js';

const EMPTY_LOG: Log = {
  head: null,
  headSeq: 0,
  floor: null,
  floorSeq: 0,
  page: (after) => ({ through: after, bytes: Buffer.alloc(0) }),
  select: (_prefilter, after) => ({ seqs: [], through: after }),
  frameAt: () => assert.fail('an empty log has no frame'),
  idAt: () => null,
};

test('a page that cannot be read ends its subscription with the error and no other', () => {
  using place = new Place();
  const store = new Store({ file: place.path('events.db'), now: Date.now });
  const tasks: (() => void)[] = [];
  const reported: unknown[] = [];
  let broken = true;
  const hub = new Hub({
    log: {
      ...EMPTY_LOG,
      page: (...args) => {
        if (broken) throw new Error('the disk is gone');
        return store.page(...args);
      },
    },
    defer: (work) => tasks.push(work),
    gapFrame: () => Buffer.alloc(0),
    onReadError: (error) => reported.push(error),
  });
  const [failing, healthy] = [new Recorder([false]), new Recorder([false])];
  hub.subscribe(EVERYTHING, failing, { seq: 0, eventId: FIRST_ULID });
  hub.subscribe(EVERYTHING, healthy, null);
  tasks.shift()?.();
  broken = false;
  assert.equal(failing.failure?.code, 'WAITBUS_INTERNAL');
  assert.equal(reported.length, 1);
  assert.equal(hub.size, 1);
  hub.publish(store.append([[checkEnvelope(event())]]).committed);
  assert.deepEqual([failing.frames.length, healthy.frames.length], [0, 1]);
  store.close();
});

test('a stored frame that is damaged ends the replay that meets it, not the process', () => {
  const tasks: (() => void)[] = [];
  const hub = new Hub({
    log: {
      ...EMPTY_LOG,
      select: () => ({ seqs: [1], through: 1 }),
      frameAt: () => Buffer.from('{"kind":"event",#'),
    },
    defer: (work) => tasks.push(work),
    gapFrame: () => Buffer.alloc(0),
    onReadError: () => undefined,
  });
  const sink = new Recorder([false]);
  hub.subscribe(REQUESTS.a, sink, { seq: 0, eventId: FIRST_ULID });
  tasks.shift()?.();
  assert.notEqual(sink.failure, null);
  assert.equal(hub.size, 0);
});
