/** SIGSTOP and SIGCONT of the daemon, under load. */
import assert from 'node:assert/strict';
import { setTimeout as pause } from 'node:timers/promises';
import { WireClient } from '../../support/wire.js';
import { defineAct } from '../act.js';

interface Size {
  readonly stops: number;
}

const LONGEST_STOP_MS = 300;
const MOST_EVENTS_BETWEEN = 1000;

export const stopped = defineAct<Size>({
  name: 'stopped',
  does: 'stops the daemon with SIGSTOP for a random while, under load, and lets it go on',
  sizes: { brief: { stops: 5 }, torture: { stops: 50 } },
  run: async (stage, { stops }) => {
    await stage.startDaemon();
    await stage.subscriber('live');
    await stage.subscriber('choosy', { anyOf: [['fields.bucket>=50']] });
    const producer = stage.producer('producer', { window: 64 });
    await producer.says('acked');
    let stopMs = 0;
    for (let stop = 0; stop < stops; stop += 1) {
      await producer.says('acked', producer.said('acked') + 1 + stage.random(MOST_EVENTS_BETWEEN));
      const forMs = stage.random(LONGEST_STOP_MS);
      stopMs += forMs;
      stage.daemon.child.kill('SIGSTOP');
      // Whoever comes meanwhile is served afterwards.
      const asking = await WireClient.open(stage.box.paths.socket);
      const answer = asking.request({ op: 'status' });
      await pause(forMs);
      stage.daemon.child.kill('SIGCONT');
      assert.equal((await answer)['kind'], 'status');
      asking.close();
    }
    const { acknowledged, seen } = await stage.finish();
    return { stops, 'ms stopped': stopMs, acknowledged, seen };
  },
});
