/**
 * What the processes of a swarm agree on: their names, the events they exchange, what they listen for
 * and the variables that tell a process who it is. Pure; agents in other languages follow it by hand.
 */
import type { Envelope, Fields } from '@waitbus/plugin-sdk/envelope';

/** What an event of a swarm is; a death has none of these, it is an `agent_failed`. */
export type Phase = 'seed' | 'reaction' | 'claim' | 'end';

/** Who an agent is, and where; each is a variable of its process. */
export interface Part {
  /** Names of this run begin with it and a dot. */
  readonly run: string;
  readonly name: string;
  readonly family: string;
  readonly journal: string;
  /** The head of the log before the agent was started: what comes after it concerns it. */
  readonly cursor: string;
}

/** All that happens in a run, and nothing else that is on the bus. */
export function matchOf(run: string): string[] {
  return ['event_type="agent_finished"', 'event_type="agent_failed"', `fields.msg_from^="${run}."`];
}

export function seederOf(run: string): string {
  return `${run}.seed`;
}

/** A turn that ended and that all the others are to react to. */
export function seedEvent(
  run: string,
  round: number,
  sent: bigint,
  hold: readonly string[] = [],
): Envelope {
  return turnEvent(seederOf(run), 'seed', round, sent, {
    // Those who are to be found in the middle of their turn.
    ...(hold.length === 0 ? {} : { swarm_hold: hold.join(',') }),
  });
}

export function reactionEvent(name: string, round: number, sent: bigint, said = ''): Envelope {
  return turnEvent(name, 'reaction', round, sent, said === '' ? {} : { msg_body: said });
}

/** Asks one agent to claim a path. */
export function claimEvent(run: string, to: string, path: string, sent: bigint): Envelope {
  return turnEvent(seederOf(run), 'claim', 0, sent, { swarm_to: to, path });
}

export function endEvent(run: string, sent: bigint): Envelope {
  return turnEvent(seederOf(run), 'end', 0, sent, {});
}

/** For agents that are attached: what is told when they are killed. */
export function willOf(name: string): Envelope {
  return {
    source: 'agent',
    event_type: 'agent_failed',
    summary: `${name} died`,
    fields: { msg_from: name, scope: 'session', status: 'completed', conclusion: 'failure' },
  };
}

function turnEvent(
  from: string,
  phase: Phase,
  round: number,
  sent: bigint,
  fields: Fields,
): Envelope {
  const to = typeof fields['swarm_to'] === 'string' ? `:${fields['swarm_to']}` : '';
  return {
    source: 'agent',
    event_type: 'agent_finished',
    delivery_id: `${from}:${phase}:${round}${to}`,
    summary: `${from}: ${phase} ${round}`,
    fields: {
      msg_from: from,
      scope: 'turn',
      status: 'completed',
      conclusion: 'success',
      swarm_phase: phase,
      swarm_round: round,
      // As text: other languages read it with a number of 53 bits.
      sent_ns: String(sent),
      ...fields,
    },
  };
}

export function partToEnv(part: Part): NodeJS.ProcessEnv {
  return {
    WAITBUS_SWARM_RUN: part.run,
    WAITBUS_SWARM_NAME: part.name,
    WAITBUS_SWARM_FAMILY: part.family,
    WAITBUS_SWARM_JOURNAL: part.journal,
    WAITBUS_SWARM_CURSOR: part.cursor,
    WAITBUS_AGENT_NAME: part.name,
  };
}

/** @throws Error when it was not started as an agent of a swarm */
export function partFromEnv(env: NodeJS.ProcessEnv): Part {
  const value = (name: string): string => {
    const text = env[`WAITBUS_SWARM_${name}`];
    if (text === undefined || text === '') throw new Error(`WAITBUS_SWARM_${name} is not set`);
    return text;
  };
  return {
    run: value('RUN'),
    name: value('NAME'),
    family: value('FAMILY'),
    journal: value('JOURNAL'),
    cursor: value('CURSOR'),
  };
}
