/** A frozen subscriber and a million events: the daemon's memory stays within its bound. */
import { defineAct } from '../act.js';
import { MemoryBound } from '../memory.js';

interface Size {
  readonly events: number;
}

export const frozenMillion = defineAct<Size>({
  name: 'frozen-million',
  does: 'freezes a subscriber, emits up to a million events, and lets it go on',
  sizes: {
    brief: { events: 100_000 },
    torture: { events: 200_000 },
    full: { events: 1_000_000 },
  },
  run: async (stage, { events }) => {
    await stage.startDaemon();
    const choosy = await stage.subscriber('choosy', { match: ['fields.bucket=1'] });
    const frozen = await stage.subscriber('frozen');
    const memory = new MemoryBound(stage.daemonPid);
    frozen.signal('SIGSTOP');
    const producer = stage.producer('producer', { unit: 100, window: 10, count: events });
    await producer.says('stopped');
    const end = await stage.emitEnd();
    await stage.reach(end, [choosy]);
    const whileFrozen = memory.check();
    frozen.signal('SIGCONT');
    await stage.reach(end, [frozen]);
    const grown = memory.check();
    const { acknowledged, seen } = await stage.check();
    return { acknowledged, seen, 'MiB grown frozen': whileFrozen, 'MiB grown in all': grown };
  },
});
