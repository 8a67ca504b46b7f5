/** What is published in one turn: committed together, answered after subscribers are served. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { checkEnvelope } from '@waitbus/plugin-sdk/envelope';
import { event, Place } from '../../../test/support/kernel.js';
import { Hub } from '../../src/bus/hub.js';
import { Publisher } from '../../src/bus/publisher.js';
import { EVERYTHING } from '../../src/bus/subscription.js';
import { Store } from '../../src/store/store.js';

test('all that is published in one turn is one commit, heard before it is answered', async () => {
  using place = new Place();
  const store = new Store({ file: place.path('events.db'), now: Date.now });
  const story: string[] = [];
  const append = store.append.bind(store);
  store.append = (units) => {
    story.push(`commit of ${units.length}`);
    return append(units);
  };
  const hub = new Hub({
    log: store,
    defer: (work) => setImmediate(work),
    gapFrame: () => Buffer.alloc(0),
    onReadError: (error) => assert.fail(String(error)),
  });
  const write = (): boolean => {
    story.push('events');
    return true;
  };
  hub.subscribe(
    EVERYTHING,
    { write, flush: () => story.push('flush'), fail: (error) => assert.fail(error) },
    null,
  );
  const publisher = new Publisher(store, hub);
  const publish = (name: string) =>
    new Promise<void>((resolve) => {
      publisher.publish([checkEnvelope(event())], () => {
        story.push(name);
        resolve();
      });
    });
  await Promise.all([publish('a'), publish('b')]);
  await publish('c');
  publisher.flush();
  store.close();
  assert.deepEqual(story, [
    'commit of 2',
    'events',
    'flush',
    'a',
    'b',
    'commit of 1',
    'events',
    'flush',
    'c',
  ]);
});

test('a turn with thousands of events becomes several commits, in order', () => {
  using place = new Place();
  const store = new Store({ file: place.path('events.db'), now: Date.now });
  const hub = new Hub({
    log: store,
    defer: (work) => setImmediate(work),
    gapFrame: () => Buffer.alloc(0),
    onReadError: (error) => assert.fail(String(error)),
  });
  const publisher = new Publisher(store, hub);
  const answered: number[] = [];
  for (let unit = 0; unit < 300; unit += 1) {
    publisher.publish([checkEnvelope(event())], () => answered.push(unit));
  }
  assert.ok(answered.length > 0 && answered.length < 300, `${answered.length} were committed`);
  publisher.flush();
  assert.deepEqual(answered, [...Array(300).keys()]);
  assert.equal(store.headSeq, 300);
  store.close();
});
