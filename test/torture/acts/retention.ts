/** Retention under load: every hole that a slow or absent reader finds is covered by a `gap`. */
import assert from 'node:assert/strict';
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { FIRST_ULID } from '@waitbus/kernel/ulid';
import { defineAct } from '../act.js';
import type { KernelProgramOptions } from '../load/kernel.js';
import type { Program } from '../program.js';
import type { Stage } from '../stage.js';

interface Size {
  /** Storms of the slow and absent while retention looks every few milliseconds. */
  readonly rounds: number;
  /** Restarts of the daemon, which looks when it starts. */
  readonly restarts: number;
}

const KEPT_BYTES = 1_000_000;
const HEARTBEAT_SEC = 0.02;
const MOST_EVENTS_BETWEEN = 2000;
/** By size or by age, as the configuration file has it. */
const LIMITS = [{ maxSize: '1MB' }, { maxAge: '1s' }] as const;

export const retention = defineAct<Size>({
  name: 'retention',
  does: 'removes from the front of the log, by size and by age, while slow and absent readers read',
  sizes: { brief: { rounds: 3, restarts: 3 }, torture: { rounds: 20, restarts: 20 } },
  run: async (stage, { rounds, restarts }) => {
    const kernel = await startKernel(stage);
    await stage.subscriber('live');
    await stage.subscriber('slow', { restMs: 30, copies: 3 });
    await stage.subscriber('choosy', { restMs: 50, anyOf: [['fields.bucket<5']] });
    const frozen = await stage.subscriber('frozen', { copies: 2 });
    const coming = await stage.subscriber('coming', {
      since: FIRST_ULID,
      freshEvery: 2,
      copies: 10,
    });
    const producer = stage.producer('producer', { window: 32, unit: 2, pad: 400 });
    const more = () => {
      const enough = producer.said('acked') + MOST_EVENTS_BETWEEN / 2;
      return producer.says('acked', enough + stage.random(MOST_EVENTS_BETWEEN));
    };
    frozen.signal('SIGSTOP');
    for (let round = 2; round < rounds + 2; round += 1) {
      await more();
      coming.tell('reconnect');
      await coming.says('ready', round);
    }
    await kernel.kill();
    for (let restart = 0; restart < restarts; restart += 1) {
      limit(stage, LIMITS[stage.random(LIMITS.length)] ?? LIMITS[0]);
      await stage.startDaemon();
      await more();
      if (stage.random(2) === 0) await stage.killDaemon();
      else assert.equal((await stage.box.run(['stop'])).code, 0);
    }
    limit(stage, LIMITS[0]);
    await stage.startDaemon();
    frozen.signal('SIGCONT');
    const { log, acknowledged, gaps, seen } = await stage.finish();
    assert.ok(log < acknowledged, 'retention removed events');
    assert.ok(gaps >= 2, 'the frozen ones were told of a gap');
    return { rounds, restarts, acknowledged, removed: acknowledged - log, gaps, seen };
  },
});

/** A kernel on the paths of the daemon that comes after it. */
async function startKernel(stage: Stage): Promise<Program> {
  const { store, socket } = stage.box.paths;
  const options: KernelProgramOptions = {
    paths: { store, socket },
    maxBytes: KEPT_BYTES,
    heartbeatSec: HEARTBEAT_SEC,
  };
  const kernel = stage.program('kernel', 'kernel', options);
  await kernel.says('serving');
  return kernel;
}

function limit(stage: Stage, limits: object): void {
  const { configDir } = stage.box.paths;
  mkdirSync(configDir, { recursive: true });
  writeFileSync(join(configDir, 'config.json'), JSON.stringify({ retention: limits }));
}
