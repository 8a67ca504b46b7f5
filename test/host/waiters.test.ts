/** What a source is told of its waiters, from the socket to its process, and what it says back. */
import assert from 'node:assert/strict';
import { join } from 'node:path';
import { test } from 'node:test';
import { MAX_DESCRIPTION, type Waiter } from '@waitbus/plugin-sdk';
import { forkWith } from '../../cli/src/host/child.js';
import { SourceHost } from '../../cli/src/host/host.js';
import { Checks } from '../support/checks.js';
import { KernelBox, SILENT } from '../support/kernel.js';
import type { WireClient } from '../support/wire.js';
import { HASTY, RUNNER, sourceOf, Stage } from './broken-sources.js';

/** A kernel on a socket, with a host that has one source. */
class House implements AsyncDisposable {
  /** Every list that the source was given, in order. */
  readonly told: (readonly Waiter[])[] = [];
  readonly #box: KernelBox;
  readonly #host: SourceHost;
  readonly #checks = new Checks();
  #exited: Promise<void> = Promise.resolve();

  private constructor(box: KernelBox) {
    this.#box = box;
    const fork = forkWith(RUNNER, { PATH: process.env['PATH'] });
    this.#host = new SourceHost({
      inventory: { sources: new Map([['good', sourceOf('tells-waiters')]]), problems: [] },
      fork: (source, stateDir, events) => {
        let exited: () => void = () => undefined;
        this.#exited = new Promise((resolve) => (exited = resolve));
        const onExit = (how: string) => {
          exited();
          events.onExit(how);
        };
        return fork(source, stateDir, { ...events, onExit });
      },
      stateDir: join(box.place.directory, 'sources'),
      config: {},
      publish: (events) => {
        for (const event of events) this.told.push((event as { payload: Waiter[] }).payload);
        this.#checks.changed();
        return box.kernel.publish(events);
      },
      log: SILENT,
      patience: HASTY,
    });
    box.kernel.onInterest(this.#host);
  }

  static async open(): Promise<House> {
    return new House(await KernelBox.start());
  }

  wait(request: object): Promise<WireClient> {
    return this.#box.subscribe({ op: 'subscribe', sources: ['good'], ...request });
  }

  /** Resolves once the source was told a list of so many. */
  async list(length: number): Promise<readonly Waiter[]> {
    await this.#checks.until(() => this.told.at(-1)?.length === length);
    return this.told.at(-1) ?? [];
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#host.stop();
    await this.#exited;
    this.#box[Symbol.dispose]();
  }
}

/** The next word that the source runs and describes itself like this. */
async function describedAs(client: WireClient, start: string): Promise<string> {
  for (;;) {
    const { state, detail } = await client.next();
    if (state === 'running' && String(detail).startsWith(start)) return String(detail);
  }
}

test('a source is told what its waiters wait for, filters and conditions, as they come and go', async () => {
  await using house = await House.open();
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
  assert.deepEqual(await house.list(1), [wanted]);
  const second = await house.wait({ filters: ['*'] });
  const anything = { cwd: null, filters: [], anyOf: [[]] };
  assert.deepEqual(await house.list(2), [wanted, anything]);
  first.close();
  assert.deepEqual(await house.list(1), [anything]);
  second.close();
  assert.deepEqual(await house.list(0), []);
});

test('a conjunction has its match and its clause; a clause of another source is none of it', async () => {
  await using house = await House.open();
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

test('waiters that wait for the same are one, and the source is not called again for them', async () => {
  await using house = await House.open();
  const same = { match: ['fields.head_sha^="7f3a1b2"'] };
  await house.wait(same);
  await house.list(1);
  await house.wait(same);
  await house.wait({});
  await house.list(2);
  assert.deepEqual(
    house.told.map(({ length }) => length),
    [1, 2],
  );
});

test('what waiters ask for is bounded: what does not fit is one that waits for anything', async () => {
  await using house = await House.open();
  // Each is some 16 KB by itself.
  const long = (n: number) =>
    Array.from({ length: 60 }, (_, at) => `fields.k${at}="${n}${'x'.repeat(235)}"`);
  for (let n = 0; n < 20; n += 1) await house.wait({ match: long(n) });
  await house.wait({ cwd: '/zzz' });
  const list = await house.list(17);
  assert.deepEqual(list.at(-1), { cwd: null, filters: [], anyOf: [[]] });
  assert.ok(Buffer.byteLength(JSON.stringify(list)) < 257 * 1024);
});

test('a source that is started anew hears of the waiters that are there', async () => {
  await using stage = new Stage('tells-waiters');
  const waiters = [{ cwd: '/one', filters: [], anyOf: [[]] }];
  stage.supervisor.want(['/one'], waiters);
  await stage.until(() => stage.events.length === 1);
  stage.supervisor.restart();
  await stage.until(() => stage.events.length === 2);
  assert.deepEqual(
    stage.events.map(({ payload }) => payload),
    [waiters, waiters],
  );
});

test('a running source says how it observes: one clean line, told to waiters as it changes', async () => {
  await using house = await House.open();
  const client = await house.wait({});
  const detail = await describedAs(client, '1 waiting since [31m now xxx');
  assert.equal(detail.length, MAX_DESCRIPTION);
  await house.wait({ match: ['fields.a=1'] });
  await describedAs(client, '2 waiting since');
});

test('the description is that of the run that runs: a stopped source has none', async () => {
  await using stage = new Stage('tells-waiters');
  stage.supervisor.want([]);
  await stage.until(() => stage.supervisor.condition.detail.startsWith('0 waiting'));
  assert.equal(stage.supervisor.condition.state, 'running');
  stage.supervisor.stop();
  assert.deepEqual(stage.supervisor.condition, { state: 'stopped', detail: '', remedy: '' });
});
