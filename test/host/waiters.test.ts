/** What a source is told of its waiters, from the socket to its process, and what it says back. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { MAX_DESCRIPTION, type Waiter } from '@waitbus/plugin-sdk';
import type { WireClient } from '../support/wire.js';
import { Stage } from './broken-sources.js';
import { House } from './house.js';

/** What it waits for, without who it is. */
function wishOf({ cwd, filters, anyOf }: Waiter): object {
  return { cwd, filters, anyOf };
}

/** The next word that the source runs and describes itself like this. */
async function describedAs(client: WireClient, start: string): Promise<string> {
  for (;;) {
    const { state, detail } = await client.next();
    if (state === 'running' && String(detail).startsWith(start)) return String(detail);
  }
}

test('a source is told what its waiters wait for, filters and conditions, as they come and go', async () => {
  await using house = await House.open('tells-waiters');
  const first = await house.wait({
    cwd: '/one',
    filters: ['acme/app', 'other/*'],
    match: ['fields.head_sha^="7f3a1b2"', 'fields.run_id=9007199254740993', 'fields.ok!=null'],
  });
  const wanted = {
    cwd: '/one',
    filters: ['acme/app', 'other/*'],
    anyOf: [
      [
        { key: 'fields.run_id', op: '=', value: 9007199254740993n },
        { key: 'fields.head_sha', op: '^=', value: '7f3a1b2' },
        { key: 'fields.ok', op: '!=', value: null },
      ],
    ],
  };
  assert.deepEqual((await house.list(1)).map(wishOf), [wanted]);
  const second = await house.wait({ filters: ['*'] });
  const anything = { cwd: null, filters: [], anyOf: [[]] };
  assert.deepEqual((await house.list(2)).map(wishOf), [wanted, anything]);
  first.close();
  assert.deepEqual((await house.list(1)).map(wishOf), [anything]);
  second.close();
  assert.deepEqual(await house.list(0), []);
});

test('a conjunction has its match and its clause; a clause of another source is none of it', async () => {
  await using house = await House.open('tells-waiters');
  await house.wait({
    match: ['fields.a=1', 'fields.a=2'],
    any_of: [
      ['fields.source="good"', 'fields.b>3'],
      ['fields.source="agent"', 'fields.c=4'],
      ['fields.d*="five"'],
    ],
  });
  const a = [
    { key: 'fields.a', op: '=', value: 1 },
    { key: 'fields.a', op: '=', value: 2 },
  ];
  const [waiter] = await house.list(1);
  assert.deepEqual(waiter?.anyOf, [
    [
      ...a,
      { key: 'fields.source', op: '=', value: 'good' },
      { key: 'fields.b', op: '>', value: 3 },
    ],
    [...a, { key: 'fields.d', op: '*=', value: 'five' }],
  ]);
});

test('waiters that wait for the same are each one of their own', async () => {
  await using house = await House.open('tells-waiters');
  const same = { match: ['fields.head_sha^="7f3a1b2"'] };
  await house.wait(same);
  await house.wait(same);
  const [first, second] = await house.list(2);
  assert.deepEqual(wishOf(first as Waiter), wishOf(second as Waiter));
  assert.notEqual(first?.id, second?.id);
});

test('a source that is started anew hears of the waiters that are there', async () => {
  await using stage = new Stage('tells-waiters');
  const waiters = [{ id: 7, cwd: '/one', filters: [], anyOf: [[]], env: null }];
  for (const waiter of waiters) stage.supervisor.demand.addWaiter(waiter);
  stage.supervisor.want(['/one']);
  await stage.until(() => stage.events.length === 1);
  stage.supervisor.restart();
  await stage.until(() => stage.events.length === 2);
  assert.deepEqual(
    stage.events.map(({ payload }) => payload),
    [waiters, waiters],
  );
});

test('a running source says how it observes: one clean line, told to waiters as it changes', async () => {
  await using house = await House.open('tells-waiters');
  const client = await house.wait({});
  const detail = await describedAs(client, String.raw`1 waiting\nsince now xxx`);
  assert.equal(detail.length, MAX_DESCRIPTION);
  await house.wait({ match: ['fields.a=1'] });
  await describedAs(client, '2 waiting');
});

test('the description is that of the run that runs: a stopped source has none', async () => {
  await using stage = new Stage('tells-waiters');
  stage.supervisor.want([]);
  await stage.until(() => stage.supervisor.condition.detail.startsWith('0 waiting'));
  assert.equal(stage.supervisor.condition.state, 'running');
  stage.supervisor.stop();
  assert.deepEqual(stage.supervisor.condition, { state: 'stopped', detail: '', remedy: '' });
});
