/** Starts, stops and restarts of a source that overtake one another. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { WaitbusError } from '@waitbus/plugin-sdk/envelope';
import type { Quarantine } from '../../cli/src/host/inventory.js';
import { HASTY, Stage } from './broken-sources.js';

const QUARANTINE: Quarantine = { reason: 'its files differ', remedy: 'put them back' };

/** Looks at the source once it is told to, and from then on at once. */
class Verifier {
  asked = 0;
  #open: ((verdict: Quarantine | null) => void)[] = [];
  #verdict: Quarantine | null | undefined;

  readonly verify = (): Promise<Quarantine | null> => {
    this.asked += 1;
    if (this.#verdict !== undefined) return Promise.resolve(this.#verdict);
    return new Promise((resolve) => this.#open.push(resolve));
  };

  async conclude(verdict: Quarantine | null = null): Promise<void> {
    this.#verdict = verdict;
    for (const resolve of this.#open.splice(0)) resolve(verdict);
    await new Promise(setImmediate);
  }
}

test('a source that is stopped while it is looked at does not start', async () => {
  const verifier = new Verifier();
  await using stage = new Stage('good', HASTY, {}, { verify: verifier.verify });
  stage.supervisor.want([]);
  assert.equal(stage.supervisor.condition.state, 'starting');
  await new Promise(setImmediate);
  stage.supervisor.stop();
  await verifier.conclude();
  assert.equal(stage.starts, 0);
  assert.equal(stage.supervisor.condition.state, 'stopped');
});

test('a source that is stopped and wanted while it is looked at starts once', async () => {
  const verifier = new Verifier();
  await using stage = new Stage('good', HASTY, {}, { verify: verifier.verify });
  for (let at = 0; at < 3; at += 1) {
    stage.supervisor.want([]);
    await new Promise(setImmediate);
    stage.supervisor.stop();
  }
  stage.supervisor.want([]);
  await new Promise(setImmediate);
  assert.equal(verifier.asked, 4);
  await verifier.conclude();
  await stage.state('running');
  assert.equal(stage.starts, 1);
});

test('a verdict that was overtaken quarantines nothing', async () => {
  const verifier = new Verifier();
  await using stage = new Stage('good', HASTY, {}, { verify: verifier.verify });
  stage.supervisor.want([]);
  await new Promise(setImmediate);
  stage.supervisor.stop();
  await verifier.conclude(QUARANTINE);
  assert.equal(stage.supervisor.condition.state, 'stopped');
});

test('a source that cannot be looked at now is tried again, and is not quarantined', async () => {
  let tries = 0;
  const verify = () => {
    tries += 1;
    return tries < 3 ? Promise.reject(new Error('too many open files')) : Promise.resolve(null);
  };
  await using stage = new Stage('good', HASTY, {}, { verify });
  stage.supervisor.want([]);
  await stage.state('running');
  assert.equal(stage.starts, 1);
  const told = stage.conditions.filter(({ detail }) => /too many open files; next/.test(detail));
  assert.equal(told.length, 2);
});

test('a quarantined source that was mended runs after a restart', async () => {
  let verdict: Quarantine | null = QUARANTINE;
  await using stage = new Stage('good', HASTY, {}, { verify: async () => verdict });
  stage.supervisor.want([]);
  await stage.state('quarantined');
  verdict = null;
  stage.supervisor.restart();
  await stage.state('running');
});

test('a source that was given up tries again after a restart, as often as before', async () => {
  await using stage = new Stage('crashes');
  stage.supervisor.want([]);
  await stage.state('failed');
  stage.supervisor.restart();
  assert.equal(stage.supervisor.condition.state, 'starting');
  await stage.state('failed');
  assert.equal(stage.starts, 10);
});

test('a source that was given up and is mended runs for who asks then', async () => {
  let quarantine: Error | null = new Error('no engine');
  const verify = async () => {
    if (quarantine !== null) throw quarantine;
    return null;
  };
  await using stage = new Stage('good', HASTY, {}, { verify });
  stage.supervisor.want([]);
  await stage.state('failed');
  quarantine = null;
  stage.supervisor.want([]);
  assert.equal(stage.supervisor.condition.state, 'failed', 'the same waiters go on');
  stage.supervisor.tryOnce();
  stage.supervisor.want([]);
  await stage.state('running');
});

test('a restart of a source that nobody wants starts nothing', async () => {
  await using stage = new Stage('crashes');
  stage.supervisor.want([]);
  await stage.state('failed');
  stage.supervisor.unwant();
  stage.supervisor.restart();
  assert.equal(stage.supervisor.condition.state, 'stopped');
  assert.equal(stage.starts, 5);
});

test('a restart of a running source is a new process after the old one', async () => {
  await using stage = new Stage('ignores-sigterm');
  stage.supervisor.want([]);
  await stage.state('running');
  const before = stage.supervisor.pid;
  stage.supervisor.restart();
  assert.equal(stage.supervisor.condition.state, 'starting');
  await new Promise(setImmediate);
  assert.equal(stage.starts, 1, 'the old process has its grace period and nothing beside it');
  assert.equal(stage.supervisor.pid, before);
  await stage.state('running');
  assert.equal(stage.starts, 2);
  assert.notEqual(stage.supervisor.pid, before);
});

test('a source gets the secrets that it was granted, as they are when it starts', async () => {
  const granted = { TOKEN: 'first' };
  await using stage = new Stage('tells-secret', HASTY, {}, { secrets: () => granted });
  stage.supervisor.want([]);
  await stage.until(() => stage.events.length === 1);
  granted.TOKEN = 'second';
  stage.supervisor.restart();
  await stage.until(() => stage.events.length === 2);
  assert.deepEqual(
    stage.events.map(({ fields }) => fields?.['token']),
    ['first', 'second'],
  );
  assert.equal(JSON.stringify(stage.logged).includes('first'), false);
});

test('secrets that cannot be read fail the source, with the remedy', async () => {
  const secrets = () => {
    throw new WaitbusError('WAITBUS_BAD_SECRET', 'the file is malformed', 'mend the file');
  };
  await using stage = new Stage('good', HASTY, {}, { secrets });
  stage.supervisor.want([]);
  const { detail, remedy } = await stage.state('failed');
  assert.match(detail, /the file is malformed/);
  assert.equal(remedy, 'mend the file');
});
