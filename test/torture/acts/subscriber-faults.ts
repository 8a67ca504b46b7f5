/** Subscribers that are killed, frozen or slow, while others go on. */
import assert from 'node:assert/strict';
import { defineAct } from '../act.js';
import { MemoryBound } from '../memory.js';

interface Size {
  readonly rounds: number;
  readonly events: number;
}

const DOOMED = 8;

export const subscriberFaults = defineAct<Size>({
  name: 'subscriber-faults',
  does: 'kills, freezes and slows subscribers down while others go on',
  sizes: { brief: { rounds: 2, events: 4000 }, torture: { rounds: 10, events: 40_000 } },
  run: async (stage, { rounds, events }) => {
    await stage.startDaemon();
    const memory = new MemoryBound(stage.daemonPid);
    const healthy = [
      await stage.subscriber('healthy', { copies: 4 }),
      await stage.subscriber('choosy', { match: ['fields.bucket=7'] }),
    ];
    const frozen = await stage.subscriber('frozen', { copies: 2 });
    const slow = await stage.subscriber('slow', { restMs: 20 });
    const doomed = await Promise.all(
      Array.from({ length: rounds }, (_, round) =>
        stage.subscriber(`doomed-${round}`, { copies: DOOMED }),
      ),
    );
    frozen.signal('SIGSTOP');
    const producer = stage.producer('producer', { window: 100 });
    // A commit of more than a socket takes: who falls behind does so in the midst of it.
    stage.producer('bulk', { unit: 100, pad: 2000, window: 2, everyMs: 50 });
    for (const victim of doomed) {
      const enough = producer.said('acked') + 1 + stage.random((2 * events) / rounds);
      await producer.says('acked', enough);
      await victim.kill();
      stage.forget(victim);
    }
    await stage.stopProducers();
    const end = await stage.emitEnd();
    // The healthy have everything while the frozen one has nothing yet.
    await stage.reach(end, healthy);
    const { subscribers } = await stage.status();
    assert.equal(subscribers, 3, 'two frozen ones and a slow one are left, the dead are gone');
    frozen.signal('SIGCONT');
    await stage.reach(end, [frozen, slow]);
    const grown = memory.check();
    const { acknowledged, seen } = await stage.check();
    return { killed: rounds * DOOMED, acknowledged, seen, 'MiB grown': grown };
  },
});
