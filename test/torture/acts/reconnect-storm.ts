/** Two thousand subscribers that reconnect at the same instant, again and again, under load. */
import { FIRST_ULID } from '@waitbus/kernel/ulid';
import { defineAct } from '../act.js';

interface Size {
  readonly copies: number;
  readonly rounds: number;
}

export const reconnectStorm = defineAct<Size>({
  name: 'reconnect-storm',
  does: 'has 2,000 subscribers reconnect at once, three of four from their cursor, under load',
  sizes: { brief: { copies: 2000, rounds: 2 }, torture: { copies: 2000, rounds: 20 } },
  run: async (stage, { copies, rounds }) => {
    await stage.startDaemon();
    await stage.subscriber('steady');
    const storm = await stage.subscriber('storm', {
      copies,
      freshEvery: 4,
      match: ['fields.bucket=%'],
    });
    await stage.subscriber('replaying', { since: FIRST_ULID, restMs: 10 });
    const producer = stage.producer('producer', { everyMs: 4 });
    for (let round = 2; round < rounds + 2; round += 1) {
      await producer.says('acked', producer.said('acked') + 1 + stage.random(100));
      storm.tell('reconnect');
      await storm.says('ready', round);
    }
    const { acknowledged, subscribers, seen } = await stage.finish();
    return { reconnects: rounds * copies, acknowledged, subscribers, seen };
  },
});
