/** The host while what is installed changes under it, with real processes. */
import assert from 'node:assert/strict';
import { join } from 'node:path';
import { test } from 'node:test';
import type { Interest, SourceStateFrame } from '@waitbus/kernel';
import { all } from '@waitbus/kernel/predicate';
import { forkWith } from '../../cli/src/host/child.js';
import { SourceHost } from '../../cli/src/host/host.js';
import type { InstalledSource, Inventory } from '../../cli/src/host/inventory.js';
import { Place, SILENT } from '../support/kernel.js';
import { HASTY, RUNNER, sourceOf, ULID } from './broken-sources.js';

class House implements AsyncDisposable {
  readonly place = new Place();
  readonly host: SourceHost;
  readonly frames: SourceStateFrame[] = [];
  readonly config: Record<string, unknown> = {};
  #check: () => void = () => undefined;
  readonly #gone: Promise<void>[] = [];

  constructor(...sources: readonly InstalledSource[]) {
    const fork = forkWith(RUNNER, { PATH: process.env['PATH'] });
    this.host = new SourceHost({
      inventory: inventoryOf(sources),
      fork: (source, stateDir, events) => {
        let exited: () => void = () => undefined;
        this.#gone.push(new Promise((resolve) => (exited = resolve)));
        const onExit = (how: string) => {
          exited();
          events.onExit(how);
        };
        return fork(source, stateDir, { ...events, onExit });
      },
      stateDir: join(this.place.directory, 'sources'),
      config: this.config,
      publish: async (events) => events.map(() => ({ event_id: ULID, inserted: true })),
      log: SILENT,
      patience: HASTY,
    });
    this.host.start();
  }

  /** Somebody is interested in a source, until the returned function is called. */
  wait(source: string, cwd: string | null = null): () => void {
    const interest: Interest = {
      sources: [source],
      cwd,
      filters: [],
      anyOf: [all([])],
      ...{ pid: null, note: () => undefined },
      tell: (frame) => {
        this.frames.push(frame);
        this.#check();
      },
    };
    const grant = this.host.interest(interest);
    grant.begin();
    return () => grant.release();
  }

  update(...sources: readonly InstalledSource[]): void {
    this.host.update(inventoryOf(sources));
  }

  /** Resolves once the last that was told is this state. */
  told(state: SourceStateFrame['state']): Promise<SourceStateFrame> {
    return new Promise((resolve) => {
      this.#check = () => {
        const last = this.frames.at(-1);
        if (last?.state === state) resolve(last);
      };
      this.#check();
    });
  }

  get starts(): number {
    return this.#gone.length;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.host.stop();
    await Promise.all(this.#gone);
    this.place[Symbol.dispose]();
  }
}

function inventoryOf(sources: readonly InstalledSource[]): Inventory {
  return { sources: new Map(sources.map((source) => [source.name, source])), problems: [] };
}

const GOOD = sourceOf('good');
const QUARANTINE = { reason: 'its files differ', remedy: 'put them back' };

test('a new source can be waited on at once', async () => {
  await using house = new House();
  assert.throws(() => house.wait('good'), { code: 'WAITBUS_UNKNOWN_SOURCE' });
  house.update(GOOD);
  house.wait('good');
  await house.told('running');
});

const ALWAYS = { ...GOOD, manifest: { ...GOOD.manifest, activation: 'always' as const } };

test('a source that runs always starts when it is added, if it is configured', async () => {
  await using house = new House();
  house.config['good'] = {};
  house.update(ALWAYS);
  assert.equal(house.host.list()[0]?.state, 'starting');
  house.wait('good');
  await house.told('running');
  assert.equal(house.starts, 1);
});

test('a source that runs always and is not configured runs while somebody waits on it', async () => {
  await using house = new House(ALWAYS);
  assert.equal(house.host.list()[0]?.state, 'stopped');
  house.wait('good');
  await house.told('running');
});

test('a removed source ends, and its waiters are told how to get it back', async () => {
  await using house = new House(GOOD);
  const release = house.wait('good');
  await house.told('running');
  house.update();
  const { detail, remedy } = await house.told('failed');
  assert.match(detail, /was removed/);
  assert.equal(remedy, 'waitbus plugin add waitbus-source-fixture');
  assert.deepEqual(house.host.list(), []);
  assert.throws(() => house.host.checkSource('good'), { code: 'WAITBUS_UNKNOWN_SOURCE' });
  release();
  assert.equal(house.starts, 1, 'who leaves does not start it');
});

test('a source that comes back runs for those who still wait', async () => {
  await using house = new House(GOOD);
  house.wait('good');
  await house.told('running');
  house.update();
  await house.told('failed');
  house.update(GOOD);
  await house.told('running');
  assert.equal(house.starts, 2);
});

test('a changed source is started again for those who wait, and not otherwise', async () => {
  await using house = new House(GOOD);
  const release = house.wait('good');
  await house.told('running');
  house.update({ ...GOOD, version: '1.1.0' });
  assert.equal(house.frames.at(-1)?.state, 'starting');
  await house.told('running');
  assert.equal(house.starts, 2);
  release();
  house.update({ ...GOOD, version: '1.2.0' });
  assert.deepEqual(
    house.host.list().map(({ version, state }) => [version, state]),
    [['1.2.0', 'stopped']],
  );
  assert.equal(house.starts, 2);
});

test('a source that did not change runs on', async () => {
  await using house = new House(GOOD);
  house.wait('good');
  await house.told('running');
  const { pid } = house.host.list()[0] ?? {};
  house.update(structuredClone(GOOD), sourceOf('crashes'));
  assert.equal(house.host.list()[0]?.pid, pid);
  assert.equal(house.frames.at(-1)?.state, 'running');
  assert.equal(house.starts, 1);
});

test('a source that changed for the worse is quarantined while somebody waits, and runs when it is mended', async () => {
  await using house = new House(GOOD);
  house.wait('good');
  await house.told('running');
  house.update({ ...GOOD, quarantine: QUARANTINE });
  const { detail, remedy } = await house.told('quarantined');
  assert.deepEqual([detail, remedy], [QUARANTINE.reason, QUARANTINE.remedy]);
  assert.throws(() => house.host.checkSource('good'), { code: 'WAITBUS_PIN_MISMATCH' });
  house.update(GOOD);
  await house.told('running');
});

test('a source that was given up tries again when what is installed changes', async () => {
  await using house = new House(sourceOf('crashes'));
  house.wait('broken');
  await house.told('failed');
  house.update(sourceOf('loops'));
  await house.told('running');
});

test('a source that becomes emit-only has no process, and the other way round', async () => {
  const { entry: _entry, ...manifest } = GOOD.manifest;
  const emitOnly: InstalledSource = { ...GOOD, manifest: { ...manifest, activation: 'emit-only' } };
  await using house = new House(emitOnly);
  house.wait('good');
  assert.match((await house.told('running')).detail, /emit-only/);
  house.update(GOOD);
  await house.told('starting');
  await house.told('running');
  house.update(emitOnly);
  assert.match((await house.told('running')).detail, /emit-only/);
  assert.equal(house.host.list()[0]?.pid, null);
});

test('restart of a source by name; one that is not there is an error', async () => {
  await using house = new House(sourceOf('crashes'));
  house.wait('broken');
  await house.told('failed');
  assert.equal(house.host.restart('broken'), 'starting');
  await house.told('failed');
  assert.equal(house.starts, 10);
  house.wait('broken');
  assert.equal(house.frames.at(-1)?.state, 'starting', 'who comes later gets a try of its own');
  await house.told('failed');
  assert.equal(house.starts, 11);
  assert.throws(() => house.host.restart('nothing'), { code: 'WAITBUS_UNKNOWN_SOURCE' });
});

test('status counts what there is to count, and tells what is enforced', async () => {
  await using house = new House(GOOD);
  house.wait('good');
  await house.told('running');
  while ((house.host.list()[0]?.events ?? 0) === 0) await new Promise(setImmediate);
  const [status] = house.host.list();
  assert.ok(status);
  const { last_event: last, memory, pid, enforced, declared, ...rest } = status;
  assert.deepEqual(rest, {
    name: 'good',
    package: 'waitbus-source-fixture',
    version: '1.0.0',
    activation: 'on-demand',
    evidence: 'local',
    enabled: true,
    configured: false,
    state: 'running',
    detail: '',
    remedy: '',
    events: 1,
    restarts: 0,
    slowed: false,
  });
  assert.match(String(last), /^\d{4}-\d\d-\d\dT.*Z$/);
  assert.equal(typeof pid, 'number');
  if (process.platform === 'linux') assert.ok((memory ?? 0) > 10e6, String(memory));
  const all = ['childProcess', 'env', 'fsRead', 'fsWrite', 'nativeAddon', 'net'];
  assert.deepEqual([...enforced, ...declared].sort(), all);
});
