/** What must hold of real harnesses besides the invariants of `waitbus stress`. Pure. */
import { Findings, type Invariant, type Logged } from '../../../cli/src/stress/invariants.js';
import type { Sight } from './context.js';
import { isWokenByHook } from './player.js';

export interface Played {
  readonly name: string;
  readonly family: string;
  readonly victim: boolean;
  readonly seen: readonly Sight[];
}

export function checkMore(players: readonly Played[], log: readonly Logged[]): Invariant[] {
  const [woken, reacted, died] = [new Findings(), new Findings(), new Findings()];
  for (const { name, family, victim, seen } of players) {
    const by = seen.find(({ phase }) => phase === 'seed')?.by ?? 'nothing';
    const due = isWokenByHook(family) ? 'hook' : 'tool';
    woken.expect(by === due, () => `${name} had the seed by its ${by}, not its ${due}`);
    const of = (is: (event: Logged) => boolean) =>
      log.filter((event) => event.from === name && is(event)).length;
    const deaths = of(({ type, phase }) => type === 'agent_failed' && phase === '');
    died.expect(deaths === (victim ? 1 : 0), () => `the log has ${deaths} deaths of ${name}`);
    if (!victim) continue;
    const times = of(({ phase }) => phase === 'reaction');
    reacted.expect(times === 1, () => `${name}, which was killed later, reacted ${times} times`);
  }
  return [
    woken.as(
      'woken_as_due',
      'the seed came by the hook at the end of the turn; in `opencode run`, by the tool wait',
    ),
    ...(players.some(({ victim }) => victim)
      ? [reacted.as('victims_reacted_once', 'each one that was killed had reacted, once')]
      : []),
    died.as('died_once', 'the log has the death of each one that was killed, once, and no other'),
  ];
}
