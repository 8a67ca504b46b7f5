/**
 * The model of an agent of the sweep. It has its session watch for the seed and ends its turn; woken, it
 * tells its reaction with the tool `emit`, waits with the tool `wait` for everybody else's and then for the
 * deaths, and says that it is done. It goes by its context alone; the gate decides when a turn ends.
 */
import type { Role } from '../../../cli/src/stress/cast.js';
import { callOf, type CallArgs, type Scenario, type Step, type Turn } from '../model/scenario.js';
import type { RealHarness } from '../versions.js';
import { WAITING, watchCall } from '../watcher.js';
import { answersIn, sightsIn, waitedIn } from './context.js';

/** Begins the name of each agent: a session's own is another. */
export const PREFIX = 'sweep.';
export const SEED = ['fields.phase="seed"'];
export const DONE = 'I have heard of all.';
/** Longer than any test runs. */
const WAIT_S = 3000;

export interface Part {
  readonly role: Role;
  readonly name: string;
  /** How many others react, and how many are killed. */
  readonly others: number;
  readonly victims: number;
  readonly env: NodeJS.ProcessEnv;
  /** Resolves once everybody is about to wait, so that no hook's time runs out before the seed. */
  readonly gate: () => Promise<void>;
}

/** `opencode run` ends with its turn: its model waits inside of it. */
export function isWokenByHook(family: string): boolean {
  return family !== 'opencode';
}

export function playerOf(part: Part): Scenario {
  const { role, name, others, victims } = part;
  return (turn) => {
    const answers = answersIn(turn);
    const last = answers.at(-1);
    const waited = last === undefined ? null : waitedIn(last);
    if (waited !== null && waited.next !== null) return call(turn, 'wait', waited.next);
    if (waited !== null && waited.outcome !== 'matched') return gaveUp(`wait: ${waited.outcome}`);
    const seen = sightsIn(turn);
    const seed = seen.find(({ phase }) => phase === 'seed');
    if (seed === undefined) return beforeSeed(part, turn);
    if (!hasEmitted(turn)) {
      const fields = { phase: 'reaction', round: '0' };
      return call(turn, 'emit', { event_type: 'reacted', summary: `${name} heard`, fields });
    }
    if (role.victim) return { kind: 'hang' };
    const since = seed.id;
    if (seen.filter(({ phase }) => phase === 'reaction').length < others) {
      const match = ['fields.phase="reaction"', `fields.msg_from!="${name}"`];
      return waitFor(turn, match, others, since);
    }
    if (victims > 0 && !seen.some(({ type }) => type === 'agent_failed')) {
      return waitFor(turn, deathMatch(), victims, since);
    }
    return { kind: 'say', text: DONE };
  };
}

/** Whether an agent has all reactions and is about to wait for the deaths, or has nothing left to do. */
export function isThrough(step: Step): boolean {
  if (step.kind === 'say') return step.text === DONE;
  return (
    step.kind === 'call' && JSON.stringify(step.args['match']) === JSON.stringify(deathMatch())
  );
}

function deathMatch(): string[] {
  return ['event_type="agent_failed"', `fields.msg_from^="${PREFIX}"`];
}

function beforeSeed(part: Part, turn: Turn): Step | Promise<Step> {
  const family = part.role.family as RealHarness;
  if (!isWokenByHook(family)) {
    return part.gate().then(() => waitFor(turn, SEED, 1, 'start'));
  }
  if (answersIn(turn).length === 0) return watchCall(family, turn, SEED, part.env);
  return part.gate().then(() => ({ kind: 'say', text: WAITING }));
}

function waitFor(turn: Turn, match: string[], count: number, since: string): Step {
  return call(turn, 'wait', { source: 'agent', match, count, since, timeout_s: WAIT_S });
}

function call(turn: Turn, tool: string, args: CallArgs): Step {
  return callOf(turn, tool, args) ?? gaveUp(`the tool ${tool} is not offered`);
}

function gaveUp(why: string): Step {
  return { kind: 'say', text: `I give up: ${why}` };
}

export function hasEmitted(turn: Turn): boolean {
  return turn.said.some(({ calls }) => calls.some((tool) => /(^|[_.:/-])emit$/.test(tool)));
}
