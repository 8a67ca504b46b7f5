/** Killed amid its work and started again with the state it left, it goes on. */
import { needsProcess, type SourceCheck } from '../check.js';
import { Failure, messageOf } from '../failure.js';
import { World } from '../world.js';

export const restartCheck: SourceCheck = {
  id: 'restart',
  sentence: 'killed and started again, it goes on with the state it left',
  needs: ['event-types'],
  skip: needsProcess,
  async run(target, { perRound }) {
    await using world = new World(target);
    const setup = await world.setUp();
    const killed = await world.start(setup, { state: 'state' });
    await world.provoke([killed]);
    await killed.end();
    try {
      const again = await world.start(setup, { state: 'state' });
      const begin = again.events.length;
      await world.provoke([again]);
      await again.until(
        () => again.events.length >= begin + perRound,
        target.patience.event,
        () => `of ${perRound} events ${again.events.length - begin} came`,
      );
    } catch (error) {
      if (!(error instanceof Failure)) throw error;
      throw new Failure(`after it was killed and started again: ${messageOf(error)}`);
    }
  },
};
