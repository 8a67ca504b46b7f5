/** Producers that die between frames, inside a frame, and inside a request of many events. */
import assert from 'node:assert/strict';
import { defineAct } from '../act.js';

interface Size {
  readonly rounds: number;
}

const MOST_EVENTS_BEFORE = 300;

export const producerKilled = defineAct<Size>({
  name: 'producer-killed',
  does: 'kills producers between frames, inside a frame and inside a request of many events',
  sizes: { brief: { rounds: 2 }, torture: { rounds: 12 } },
  run: async (stage, { rounds }) => {
    await stage.startDaemon();
    await stage.subscriber('live');
    await stage.subscriber('choosy', { anyOf: [['fields.bucket<10'], ['fields.unit>=0']] });
    const survivor = stage.producer('survivor', { everyMs: 2 });
    await survivor.says('acked');
    for (let round = 0; round < rounds; round += 1) {
      const dieAfter = () => 1 + stage.random(MOST_EVENTS_BEFORE);
      const halves = [
        stage.producer(`half-${round}`, { dieInsideFrameAfter: dieAfter() }),
        stage.producer(`half-unit-${round}`, { unit: 10, dieInsideFrameAfter: dieAfter() }),
      ];
      const victims = [
        stage.producer(`single-${round}`, { window: 100 }),
        // A request does not fit into the socket's buffer: it is killed within a write.
        stage.producer(`unit-${round}`, { unit: 100, window: 3, pad: 5000 }),
      ];
      const enough = stage.random(MOST_EVENTS_BEFORE);
      await Promise.all(victims.map((victim) => victim.says('acked', 1 + enough)));
      for (const victim of victims) await victim.kill();
      for (const half of halves) assert.equal((await half.running.ended).signal, 'SIGKILL');
      for (const dead of [...halves, ...victims]) stage.forget(dead);
      await survivor.says('acked', survivor.said('acked') + 1);
    }
    const { log, acknowledged, seen } = await stage.finish();
    return { killed: rounds * 4, acknowledged, 'stored unacknowledged': log - acknowledged, seen };
  },
});
