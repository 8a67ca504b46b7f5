/** Daemons that are started at the same instant, on nothing or on what a killed one left behind. */
import assert from 'node:assert/strict';
import { defineAct } from '../act.js';
import type { Stage } from '../stage.js';

interface Size {
  readonly counts: readonly number[];
}

export const manyDaemons = defineAct<Size>({
  name: 'many-daemons',
  does: 'starts two, ten and twenty daemons at once, and kills the one that won',
  sizes: { brief: { counts: [2, 20] }, torture: { counts: [2, 20, 10, 2, 20, 3, 20] } },
  run: async (stage, { counts }) => {
    for (const [race, count] of counts.entries()) {
      await oneServes(stage, count);
      const producer = stage.producer(`race-${race}`, { count: 20 });
      await producer.says('stopped');
      stage.forget(producer);
      // The next ones find a stale socket and stale locks, or none.
      if (race === counts.length - 1) continue;
      if (stage.random(2) === 0) await stage.killDaemon();
      else await stage.box.run(['stop']);
    }
    const { acknowledged } = await stage.finish();
    return { races: counts.join(' '), acknowledged };
  },
});

/** Exactly one serves; each of the others says that another does, and ends. */
async function oneServes(stage: Stage, count: number): Promise<void> {
  const daemons = Array.from({ length: count }, () => stage.launchDaemon());
  const serving = await Promise.all(
    daemons.map((daemon) =>
      daemon.says(/"msg":"serving"/).then(
        () => true,
        () => false,
      ),
    ),
  );
  assert.equal(serving.filter(Boolean).length, 1, `of ${count} daemons one serves`);
  const winner = daemons[serving.indexOf(true)];
  for (const daemon of daemons) {
    if (daemon === winner) continue;
    const { code, stderr } = await daemon.ended;
    assert.equal(code, 1, stderr);
    assert.match(stderr, /WAITBUS_ALREADY_RUNNING/);
  }
  assert.ok(winner);
  stage.serves(winner);
  assert.equal((await stage.status())['pid'], winner.child.pid);
}
