/** What it emits is what its manifest declares: nothing more, nothing less. */
import { setTimeout as pause } from 'node:timers/promises';
import { needsProcess, type SourceCheck } from '../check.js';
import { Failure, messageOf } from '../failure.js';
import { SCENARIO_FILES } from '../scenario.js';
import { World } from '../world.js';

export const eventTypesCheck: SourceCheck = {
  id: 'event-types',
  sentence: 'it emits the event types that its manifest declares, and no others',
  needs: ['start'],
  skip: needsProcess,
  async run(target, facts) {
    const { scenario, declared, patience } = target;
    await using world = new World(target);
    const session = await world.start(await world.setUp());
    const trouble = await world.provoke([session]).then(
      () => '',
      (error: unknown) => messageOf(error),
    );
    // A source that emits by itself is never still; an undeclared type has this long to come.
    await (scenario.provoke === undefined ? pause(patience.still) : session.still(patience.still));
    const [refused] = session.refused;
    if (refused !== undefined) throw new Failure(refused);
    const seen = new Set(session.events.map((event) => event.event_type));
    const missing = declared.eventTypes.filter((type) => !seen.has(type));
    if (missing.length > 0) {
      const how =
        scenario.provoke === undefined
          ? `; if it takes something to make it emit, export provoke() from ${SCENARIO_FILES[0]}`
          : '';
      const told = trouble === '' ? session.ending : trouble;
      const why = told === '' ? '' : ` (${told})`;
      throw new Failure(`declared and never emitted: ${missing.join(', ')}${why}${how}`);
    }
    if (trouble !== '') throw new Failure(trouble);
    try {
      await scenario.expect?.(session.events);
    } catch (error) {
      throw new Failure(`expect of the scenario threw: ${messageOf(error)}`);
    }
    facts.perRound =
      scenario.provoke === undefined ? declared.eventTypes.length : session.events.length;
  },
};
