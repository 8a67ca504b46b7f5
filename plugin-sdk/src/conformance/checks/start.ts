/** It starts: load, configure, start and ready, each within the host's deadline. */
import { needsProcess, type SourceCheck } from '../check.js';
import { World } from '../world.js';

export const startCheck: SourceCheck = {
  id: 'start',
  sentence: 'it loads, takes its configuration, starts and is ready in time',
  needs: ['import'],
  skip: needsProcess,
  async run(target) {
    await using world = new World(target);
    await world.start(await world.setUp());
  },
};
