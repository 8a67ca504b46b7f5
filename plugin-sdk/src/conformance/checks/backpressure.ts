/**
 * Backpressure: while the host acknowledges nothing, few events are under way and memory stays
 * bounded; once it does, everything that happened meanwhile is told.
 */
import { execFileSync } from 'node:child_process';
import { needsProcess, type SourceCheck } from '../check.js';
import { Failure, messageOf } from '../failure.js';
import { World } from '../world.js';

/** Events that may wait for their acknowledgement; the runner's own limit. */
const MOST_UNACKNOWLEDGED = 32;
/** More than those, so that some have to wait in the source. */
const EVENTS = 40;
const MOST_GROWTH_MIB = 64;

export const backpressureCheck: SourceCheck = {
  id: 'backpressure',
  sentence: 'it waits while nothing is acknowledged, in bounded memory, and loses nothing',
  needs: ['event-types'],
  skip: needsProcess,
  async run(target, { perRound }) {
    const { still, event } = target.patience;
    await using world = new World(target);
    const session = await world.start(await world.setUp());
    const before = residentMiB(session.pid);
    session.withhold();
    const rounds = Math.ceil(EVENTS / perRound);
    const provoking = (async () => {
      for (let round = 0; round < rounds; round += 1) await world.provoke([session]);
    })();
    provoking.catch(() => undefined);
    await session.still(still);
    const { mostUnacknowledged } = session;
    if (mostUnacknowledged > MOST_UNACKNOWLEDGED) {
      throw new Failure(
        `${mostUnacknowledged} events were under way unacknowledged; emit through ctx only`,
      );
    }
    const growth = Math.round(residentMiB(session.pid) - before);
    if (growth > MOST_GROWTH_MIB) {
      throw new Failure(
        `it grew by ${growth} MiB while nothing was acknowledged; await ctx.emit before the next`,
      );
    }
    session.release();
    await provoking.catch((error: unknown) => {
      throw new Failure(`after acknowledgements had been withheld: ${messageOf(error)}`);
    });
    const wanted = rounds * perRound;
    const came = () => session.events.length;
    await session.until(
      () => came() >= wanted,
      event,
      () => `of ${wanted} events ${came()} came after nothing had been acknowledged for a while`,
    );
  },
};

function residentMiB(pid: number): number {
  return Number(execFileSync('ps', ['-o', 'rss=', '-p', String(pid)], { encoding: 'utf8' })) / 1024;
}
