/** Kill -9 of the daemon, again and again, under producers and subscribers that come back. */
import assert from 'node:assert/strict';
import { setTimeout as pause } from 'node:timers/promises';
import { defineAct } from '../act.js';

interface Size {
  readonly kills: number;
}

/** Not every daemon lives long enough to serve. */
const LONGEST_START_MS = 400;
const MOST_EVENTS_BETWEEN = 1500;

export const killed = defineAct<Size>({
  name: 'killed',
  does: 'kills the daemon with SIGKILL at random moments, under load, and starts it at once again',
  sizes: { brief: { kills: 10 }, torture: { kills: 100 } },
  run: async (stage, { kills }) => {
    await stage.startDaemon();
    await stage.subscriber('live');
    await stage.subscriber('replaying', { since: '0'.repeat(26), restMs: 5 });
    await stage.subscriber('choosy', { anyOf: [['fields.bucket<10'], ['fields.bucket=77']] });
    const producer = stage.producer('single', { window: 64, largeEvery: 400 });
    const other = stage.producer('units', { unit: 7, everyMs: 3 });
    await Promise.all([producer.says('acked'), other.says('acked')]);
    let starting = 0;
    for (let kill = 0; kill < kills; kill += 1) {
      if (stage.random(4) === 0) {
        starting += 1;
        await pause(stage.random(LONGEST_START_MS));
      } else {
        const enough = producer.said('acked') + 1 + stage.random(MOST_EVENTS_BETWEEN);
        await producer.says('acked', enough);
      }
      await stage.killDaemon();
      stage.launchDaemon();
    }
    const { acknowledged, seen } = await stage.finish();
    assert.ok(acknowledged > kills, 'there was load');
    return { kills, 'while starting': starting, acknowledged, seen };
  },
});
