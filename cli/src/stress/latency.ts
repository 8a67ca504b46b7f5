/**
 * The bus latencies of a run: from the moment at which an event was sent, or an agent killed, to the
 * moment at which another agent's process had it, before that did anything with it. Pure.
 */
import { figuresOf, type Figures } from './figures.js';
import { isDeath, type Player } from './invariants.js';

export interface Latencies {
  /** From the seed's emit to each agent awake. */
  readonly seed: Figures | null;
  /** The same, by the family of who woke. */
  readonly seed_by_family: Readonly<Record<string, Figures | null>>;
  /**
   * From an agent's reaction to the others awake, by the family of who emitted: some families start
   * a program to emit, which is within the time.
   */
  readonly reaction_by_emitter: Readonly<Record<string, Figures | null>>;
  /** From SIGKILL to each survivor awake. */
  readonly death: Figures | null;
}

/** @param kills when each victim was killed, on the shared clock */
export function latenciesOf(
  players: readonly Player[],
  families: readonly string[],
  kills: ReadonlyMap<string, bigint>,
): Latencies {
  const familyOf = new Map(players.map(({ name, family }) => [name, family]));
  const seeds: { family: string; took: bigint }[] = [];
  const reactions: { family: string; took: bigint }[] = [];
  const deaths: bigint[] = [];
  for (const player of players) {
    for (const note of player.notes) {
      if (note.what !== 'saw') continue;
      const { from, phase, sent, at } = note;
      const killed = kills.get(from);
      // Who is held to be killed next may have died by then, or not.
      if (isDeath(note) && killed !== undefined && !player.victim) deaths.push(at - killed);
      if (sent === null || from === player.name) continue;
      if (phase === 'seed') seeds.push({ family: player.family, took: at - sent });
      const family = familyOf.get(from);
      if (phase === 'reaction' && family !== undefined) reactions.push({ family, took: at - sent });
    }
  }
  const byFamily = (times: readonly { family: string; took: bigint }[]) =>
    Object.fromEntries(
      families.map((family) => [
        family,
        figuresOf(times.filter((one) => one.family === family).map(({ took }) => took)),
      ]),
    );
  return {
    seed: figuresOf(seeds.map(({ took }) => took)),
    seed_by_family: byFamily(seeds),
    reaction_by_emitter: byFamily(reactions),
    death: figuresOf(deaths),
  };
}
