/**
 * What must hold of a run, checked from every agent's own journal and from the log. Pure. A check that
 * had nothing to check has not passed.
 */
import type { Note } from './journal.js';

export interface Player {
  readonly name: string;
  readonly family: string;
  readonly victim: boolean;
  readonly notes: readonly Note[];
  readonly damaged: number;
  /** Its exit code; null when a signal ended it, or it did not end. */
  readonly exit: number | null;
}

/** An event of the run, as the log has it. */
export interface Logged {
  readonly id: string;
  readonly type: string;
  readonly from: string;
  readonly phase: string;
  readonly round: number;
}

export interface Happened {
  readonly players: readonly Player[];
  readonly log: readonly Logged[];
  /** The rounds that were seeded; the victims were killed in the last one. */
  readonly rounds: number;
  readonly killed: boolean;
  /** The families that this machine has. */
  readonly families: readonly string[];
}

export interface Invariant {
  readonly name: string;
  readonly means: string;
  readonly ok: boolean;
  readonly checked: number;
  /** At most twenty of them are told. */
  readonly violations: readonly string[];
  readonly violated: number;
}

type Saw = Extract<Note, { what: 'saw' }>;
type Check = (happened: Happened, found: Findings) => void;

/** Collects what was checked and what did not hold. */
export class Findings {
  checked = 0;
  readonly violations: string[] = [];

  expect(holds: boolean, violation: () => string): void {
    this.checked += 1;
    if (!holds) this.violations.push(violation());
  }

  as(name: string, means: string): Invariant {
    const { checked, violations } = this;
    return {
      name,
      means,
      ok: checked > 0 && violations.length === 0,
      checked,
      violations: violations.slice(0, 20),
      violated: violations.length,
    };
  }
}

const CHECKS: Readonly<Record<string, { readonly means: string; readonly check: Check }>> = {
  seed_seen_once: {
    means: 'every agent saw each seed, once',
    check: ({ players, rounds }, found) => {
      for (const player of players) {
        for (let round = 0; round < rounds; round += 1) {
          const times = sights(player).filter(
            (saw) => saw.phase === 'seed' && saw.round === round,
          ).length;
          found.expect(times === 1, () => `${player.name} saw seed ${round} ${times} times`);
        }
      }
    },
  },
  families_present: {
    means: 'every family that this machine has took part',
    check: ({ players, families }, found) => {
      for (const family of families) {
        const reacted = players.some(
          (player) =>
            player.family === family && player.notes.some(({ what }) => what === 'reacted'),
        );
        found.expect(reacted, () => `nobody of the family ${family} reacted`);
      }
    },
  },
  reacted_once: {
    means: 'every agent reacted to each seed, once; not one that was killed before it could',
    check: ({ players, log, rounds, killed }, found) => {
      for (const player of players) {
        const last = player.victim && killed ? rounds - 1 : rounds;
        for (let round = 0; round < last; round += 1) {
          const times = log.filter(
            (event) =>
              event.from === player.name && event.phase === 'reaction' && event.round === round,
          ).length;
          found.expect(times === 1, () => `${player.name} reacted ${times} times to ${round}`);
        }
      }
    },
  },
  reactions_seen_by_all: {
    means:
      'every reaction was seen by every other agent; one that was killed had until its last seed',
    check: ({ players, log, rounds, killed }, found) => {
      const reactions = log.filter(({ phase }) => phase === 'reaction');
      for (const player of players) {
        const seen = new Set(sights(player).map(({ id }) => id));
        for (const { id, from, round } of reactions) {
          if (from === player.name) continue;
          if (player.victim && killed && round === rounds - 1) continue;
          found.expect(
            seen.has(id),
            () => `${player.name} did not see ${from}'s reaction ${round}`,
          );
        }
      }
    },
  },
  nothing_twice: {
    means: 'nobody saw an event twice, nor out of order, nor one that is not in the log',
    check: ({ players, log }, found) => {
      const logged = new Set(log.map(({ id }) => id));
      found.expect(logged.size > 0, () => 'the log has nothing of the run');
      found.expect(logged.size === log.length, () => 'the log has an event twice');
      for (const player of players) {
        let before = '';
        for (const { id, from, phase } of sights(player)) {
          found.expect(
            id > before,
            () => `${player.name} saw ${id} (${from} ${phase}) after ${before}`,
          );
          found.expect(logged.has(id), () => `${player.name} saw ${id}, which is not in the log`);
          before = id;
        }
      }
    },
  },
  kills_noticed: {
    means: 'every survivor saw the death of each one that was killed, once, and of nobody else',
    check: ({ players, killed }, found) => {
      const victims = players.filter(({ victim }) => victim && killed);
      for (const survivor of players.filter(({ victim }) => !victim)) {
        const deaths = sights(survivor).filter(isDeath);
        for (const { name } of victims) {
          const times = deaths.filter(({ from }) => from === name).length;
          found.expect(times === 1, () => `${survivor.name} saw ${name} die ${times} times`);
        }
        for (const { from } of deaths.filter((death) =>
          victims.every(({ name }) => name !== death.from),
        )) {
          found.expect(false, () => `${survivor.name} saw ${from} die, which was not killed`);
        }
      }
    },
  },
  all_ended: {
    means: 'every survivor ended by itself and in order, and no journal tells of an error',
    check: ({ players }, found) => {
      for (const { name, victim, notes, exit, damaged } of players) {
        const errors = notes.filter((note) => note.what === 'error');
        found.expect(errors.length === 0, () => `${name}: ${errors[0]?.text}`);
        // A kill may cut a line.
        found.expect(damaged <= (victim ? 1 : 0), () => `${name} left ${damaged} damaged lines`);
        if (victim) continue;
        const ended = notes.some(({ what }) => what === 'ended');
        found.expect(ended && exit === 0, () => `${name} did not end in order (${exit})`);
      }
    },
  },
};

export function checkAll(happened: Happened): Invariant[] {
  return Object.entries(CHECKS)
    .filter(([name]) => name !== 'kills_noticed' || happened.players.some(({ victim }) => victim))
    .map(([name, { means, check }]) => {
      const found = new Findings();
      check(happened, found);
      return found.as(name, means);
    });
}

/** Whether an agent noted the seed of a round, or somebody's answer to it. */
export function isTurn(note: Note, round: number): note is Saw {
  return (
    note.what === 'saw' &&
    note.round === round &&
    (note.phase === 'seed' || note.phase === 'reaction')
  );
}

export function isDeath({ type, phase }: Pick<Saw, 'type' | 'phase'>): boolean {
  return type === 'agent_failed' && phase === '';
}

function sights({ notes }: Player): Saw[] {
  return notes.filter((note) => note.what === 'saw');
}
