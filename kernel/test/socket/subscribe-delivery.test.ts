/** What a subscription hears: all that it asked for, from its acknowledgement on. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { event, KernelBox } from '../../../test/support/kernel.js';
import { randomOf, seedOf } from '../../../test/support/property.js';
import { FIRST_ULID } from '../../src/store/ulid.js';

test('filters, event types, sources and predicates narrow together', async () => {
  using box = await KernelBox.start();
  const published = [
    event({ owner: 'a', repo: 'x', summary: '1', fields: { n: 1 } }),
    event({ owner: 'a', repo: 'y', summary: '2', fields: { n: 2 } }),
    event({ owner: 'b', repo: 'x', summary: '3', event_type: 'other', fields: { n: 3 } }),
    event({ source: 'ci', owner: 'b', repo: 'y', summary: '4', fields: { n: 4 } }),
  ];
  const requests: readonly (readonly [request: object, expected: string])[] = [
    [{}, '1234'],
    [{ filters: [], event_types: [], sources: [] }, '1234'],
    [{ filters: ['*'] }, '1234'],
    [{ filters: ['a/*'] }, '12'],
    [{ filters: ['a/x', 'b/y'] }, '14'],
    [{ filters: ['a/x', '*'] }, '1234'],
    [{ event_types: ['other', 'none'] }, '3'],
    [{ sources: ['ci'] }, '4'],
    [{ match: ['fields.n>1', 'fields.n<4'] }, '23'],
    [{ match: ['fields.n=1', 'fields.n=4'] }, '14'],
    [{ any_of: [['fields.n=1'], ['fields.n=2', 'repo="y"']] }, '12'],
    [{ any_of: [['fields.n=1'], []] }, '1234'],
    [
      {
        match: ['fields.n!=1'],
        any_of: [['fields.repo="x"'], ['fields.source="ci"']],
        filters: ['b/*'],
      },
      '34',
    ],
  ];
  const live = await Promise.all(requests.map(([request]) => box.subscribe(request)));
  await box.kernel.publish(published);
  const replayed = await Promise.all(
    requests.map(([request]) => box.subscribe({ ...request, since: FIRST_ULID })),
  );
  await box.kernel.publish([event({ source: 'end', owner: 'end', event_type: 'end' })]);
  await box.kernel.publish(requests.map(([, expected]) => event({ summary: expected })));
  for (const [index, [request, expected]] of requests.entries()) {
    for (const clients of [live, replayed]) {
      const client = clients[index];
      assert.ok(client);
      if (expected !== '') await client.count('event', expected.length);
      const numbers = client.frames.filter(
        ({ kind, summary }) => kind === 'event' && /^[1-4]$/.test(String(summary)),
      );
      assert.equal(
        numbers.map(({ summary }) => summary).join(''),
        expected,
        JSON.stringify(request),
      );
    }
  }
});

test('an event emitted after the acknowledgement is delivered, whoever emits it', async (t) => {
  using box = await KernelBox.start();
  const random = randomOf(seedOf(t));
  const producer = await box.connect();
  for (let round = 0; round < 50; round += 1) {
    const since = random(2) === 0 ? { since: FIRST_ULID } : {};
    const client = await box.subscribe({ match: [`fields.round=${round}`], ...since });
    producer.send({ op: 'emit', events: [event({ fields: { round } })] });
    assert.equal((await client.next())['kind'], 'event');
    client.close();
  }
});

test('a subscriber of everything also gets its own emits, each event before its acknowledgement', async () => {
  using box = await KernelBox.start();
  const client = await box.subscribe({ op: 'subscribe' });
  client.send({ op: 'emit', id: 1, events: [event()] });
  assert.deepEqual(
    [(await client.next())['kind'], (await client.next())['kind']],
    ['event', 'emit_ack'],
  );
});

test('interest begins after the acknowledgement and is released once when the client goes', async () => {
  using box = await KernelBox.start();
  const story: string[] = [];
  let released: () => void = () => undefined;
  const gone = new Promise<void>((resolve) => (released = resolve));
  box.kernel.onInterest({
    checkSource: () => undefined,
    interest: (asked) => ({
      scopes: new Map(),
      begin: () => {
        story.push(`begin ${asked.sources.join()} in ${asked.cwd}`);
        asked.tell({
          kind: 'source_state',
          source: 'fs',
          state: 'running',
          detail: '',
          remedy: '',
        });
      },
      release: () => {
        story.push('release');
        released();
      },
    }),
  });
  const client = await box.subscribe({ sources: ['fs'], cwd: '/work' });
  assert.deepEqual(await client.next(), {
    kind: 'source_state',
    source: 'fs',
    state: 'running',
    detail: '',
    remedy: '',
  });
  client.close();
  await gone;
  assert.deepEqual(story, ['begin fs in /work', 'release']);
});
