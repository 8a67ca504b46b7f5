/** Plays an act of torture as a test: its short form, under a seed that is printed. */
import { test } from 'node:test';
import { seedOf } from '../support/property.js';
import type { Act } from '../torture/act.js';
import { Stage } from '../torture/stage.js';

export function testAct(act: Act, promise: string): void {
  test(`${act.name}: ${promise}`, async (t) => {
    await using stage = await Stage.open(seedOf(t));
    const figures = await act.run(stage, 'brief');
    t.diagnostic(
      Object.entries(figures)
        .map(([name, value]) => `${name} ${value}`)
        .join(', '),
    );
  });
}
