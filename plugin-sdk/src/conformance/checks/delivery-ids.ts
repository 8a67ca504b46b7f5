/**
 * Delivery ids name the happening: two runs that observe the same one call it the same, so that it
 * is stored once; and another happening is called otherwise, so that it is not dropped as a repeat.
 */
import { needsProcess, type SourceCheck } from '../check.js';
import { Failure } from '../failure.js';
import type { Session } from '../session.js';
import { World } from '../world.js';

export const deliveryIdsCheck: SourceCheck = {
  id: 'delivery-ids',
  sentence: 'the same happening, observed by two runs, has the same delivery_id',
  needs: ['event-types'],
  skip: (declared) =>
    needsProcess(declared) ??
    (declared.deliveryIds === 'per-run' ? 'its manifest declares deliveryIds per-run' : null),
  async run(target, { perRound }) {
    await using world = new World(target);
    const first = await world.start(await world.setUp());
    const second = await world.start(await world.setUp());
    const ids: string[][] = [];
    for (let round = 1; round <= 2; round += 1) {
      await world.provoke([first, second]);
      for (const session of [first, second]) {
        await session.until(
          () => session.events.length >= perRound * round,
          target.patience.event,
          () => `of ${perRound * round} events ${session.events.length} came`,
        );
      }
      await first.still(target.patience.still);
      ids.push(idsOf(first), idsOf(second));
    }
    const [, , ofFirst = [], ofSecond = []] = ids;
    const alone = ofFirst.find((id) => !ofSecond.includes(id));
    if (alone !== undefined) {
      throw new Failure(
        `one run called it ${alone}, the other ${ofSecond.find((id) => !ofFirst.includes(id)) ?? 'something else'}; ${CURE}`,
      );
    }
    const repeated = ofFirst.find((id, at) => ofFirst.indexOf(id) !== at);
    if (repeated !== undefined) {
      throw new Failure(`two happenings have the delivery_id ${repeated}: the second is dropped`);
    }
  },
};

const CURE =
  'make it from what names the happening itself, or declare "deliveryIds": "per-run" if nothing does';

/** With the type before it: one happening may be told of in events of several types. */
function idsOf(session: Session): string[] {
  return session.events.map(({ event_type: type, delivery_id: id }) => {
    if (id === undefined) throw new Failure(`${type} has no delivery_id; ${CURE}`);
    return `${type} ${id}`;
  });
}
