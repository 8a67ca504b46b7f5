/** What a later process of the docker source goes on from, and what it leaves to the past. */
import assert from 'node:assert/strict';
import { after, test } from 'node:test';
import { DockerEngine } from '../support/docker-engine.js';
import { DockerStage } from '../support/docker-stage.js';

const started = await DockerEngine.start();
const skip = typeof started === 'string' ? started : false;
const engine = started as DockerEngine;
after(async () => {
  if (skip === false) await engine.stop();
});

const MINUTE = 60_000;

/** A container fails while no process of the source runs; then another one is started. */
async function interrupted(stage: DockerStage, name: string, wait: boolean, pause: number) {
  const first = await stage.begin().ready();
  await engine.run('exit 0', '--name', `${name}-before`);
  await first.until(() => stage.exits(`${name}-before`).length > 0);
  if (!wait) {
    first.tellWaiters([]);
    // It has heard of that once it emits what came after another acknowledgement.
    for (const at of [1, 2]) {
      await engine.run('exit 0', '--name', `${name}-${at}`);
      await first.until(() => stage.exits(`${name}-${at}`).length > 0);
    }
  }
  await first.stop();
  await engine.run('exit 4', '--name', name);
  stage.age(pause);
  const second = await stage.begin().ready();
  await engine.run('exit 0', '--name', `${name}-after`);
  await second.until(() => stage.exits(`${name}-after`).length > 0);
  assert.equal(stage.exits(`${name}-before`).length, 1);
  return stage.exits(name);
}

test(
  'a source that was interrupted amid a wait tells what happened meanwhile',
  { skip },
  async () => {
    await using stage = new DockerStage({ DOCKER_HOST: engine.host });
    assert.deepEqual(await interrupted(stage, 'amid', true, 0), ['4 failure']);
  },
);

test(
  'a wait that begins the day after is not woken by what failed in the night',
  { skip },
  async () => {
    await using stage = new DockerStage({ DOCKER_HOST: engine.host });
    assert.deepEqual(await interrupted(stage, 'night', true, 24 * 60 * MINUTE), []);
  },
);

test('a wait is not woken by what failed while nobody waited', { skip }, async () => {
  await using stage = new DockerStage({ DOCKER_HOST: engine.host });
  assert.deepEqual(await interrupted(stage, 'idle', false, 2 * MINUTE), []);
});

test(
  'more events than the engine remembers are caught up with from its records',
  { skip },
  async () => {
    await using stage = new DockerStage({ DOCKER_HOST: engine.host });
    const first = await stage.begin().ready();
    await engine.run('exit 0', '--name', 'early');
    await first.until(() => stage.exits('early').length > 0);
    await first.kill();
    await engine.run('exit 6', '--name', 'forgotten');
    // It remembers the last 256 events, of whatever kind.
    await engine.chatter(300);
    const second = await stage.begin().ready();
    await second.until(() => stage.exits('forgotten').length > 0);
    assert.deepEqual(stage.exits('forgotten'), ['6 failure']);
    assert.deepEqual(stage.exits('early'), ['0 success']);
    const exit = stage.committed.events.find(({ fields }) => fields?.['exit_code'] === 6);
    assert.equal(exit?.ingest_method, 'inspect');
  },
);
