/** It runs under what its manifest declares, in Node's permission model. */
import { needsProcess, type SourceCheck } from '../check.js';
import { Failure, messageOf } from '../failure.js';
import { permissionFlags } from '../../permissions/index.js';
import { readRootsOf } from '../read-roots.js';
import { World } from '../world.js';

export const permissionsCheck: SourceCheck = {
  id: 'permissions',
  sentence: 'it does its work under the capabilities that its manifest declares',
  needs: ['event-types'],
  skip: needsProcess,
  async run(target, { perRound }) {
    await using world = new World(target);
    const setup = await world.setUp();
    const nodeFlags = permissionFlags(target.declared.capabilities, process.versions.node, {
      code: readRootsOf(target.directory),
      own: [world.stateDir('state')],
      home: world.home,
    });
    try {
      const session = await world.start(setup, { state: 'state', nodeFlags });
      await world.provoke([session]);
      await session.until(
        () => session.events.length >= perRound,
        target.patience.event,
        () => `of ${perRound} events ${session.events.length} came`,
      );
    } catch (error) {
      if (!(error instanceof Failure)) throw error;
      throw new Failure(`under its declared capabilities: ${messageOf(error)}`);
    }
  },
};
