/** `waitFor`: one promise for one event, or for all of several. */
import { resolve } from 'node:path';
import { WaitbusError } from '@waitbus/plugin-sdk/envelope';
import { originRepo } from '../origin-repo.js';
import { isSha } from './commit-state.js';
import { requestFor, stateOf, type Goal } from './goal.js';
import { errorOfObstacle } from './obstacle.js';
import { stream, type EventFrame, type StreamOptions, type WaitNoteFrame } from './stream.js';
import { timeLimit } from './time-limit.js';
import { parseClause } from './wait-state.js';

export interface WaitForOptions extends StreamOptions {
  /** Only events of this source, which is activated. */
  readonly source?: string;
  /** Predicates that must all hold. */
  readonly match?: string | readonly string[];
  /** `source:predicate` clauses: one event each, over time. */
  readonly allOf?: readonly string[];
  /** `source:predicate` clauses: the first event of any. */
  readonly firstOf?: readonly string[];
  /**
   * The CI verdict of a commit, 7 to 40 hex digits, from source github: ends once every run of it
   * that is known is over, with the last event of each. The log counts from its start.
   */
  readonly sha?: string;
  /** With `sha`: only runs of the workflow of this name. */
  readonly workflow?: string;
  /** Only events of `owner/repo` or `owner/*`. Default with `sha`: the origin of the checkout. */
  readonly repo?: string;
  /** Ends on the N-th matching event. Default 1. */
  readonly count?: number;
  /** A cursor: events after it count even if they happened before the call. */
  readonly since?: string;
  /** Milliseconds. Default: no limit. */
  readonly timeout?: number;
  /** Default: the working directory. */
  readonly cwd?: string;
  /** Called once nothing can be missed any more: do then what causes the event. */
  readonly onArmed?: () => void;
  /**
   * Called with what a source has to say of what is asked for: why no event can come as things are
   * (`warning`), and that this is over (`cleared`).
   */
  readonly onNote?: (note: WaitNoteFrame) => void;
}

/** The time was up. */
export class WaitTimeoutError extends Error {
  /** What was still waited for. */
  readonly outstanding: readonly string[];

  constructor(outstanding: readonly string[]) {
    super(`timed out; still waiting for ${outstanding.join(', ')}`);
    this.name = 'WaitTimeoutError';
    this.outstanding = outstanding;
  }
}

/**
 * Waits for matching events.
 * @returns the events that ended the wait, in order: one, unless `count`, `allOf` or `sha` ask for
 *   more
 * @throws WaitTimeoutError, or WaitbusError when the wait cannot be fulfilled
 */
export async function waitFor(options: WaitForOptions): Promise<readonly EventFrame[]> {
  const goal = goalOf(options);
  const state = stateOf(goal);
  const given = options.signal === undefined ? [] : [options.signal];
  const signal = AbortSignal.any([...timeLimit(options.timeout), ...given]);
  let armed = false;
  const cwd = resolve(options.cwd ?? '');
  const repo = options.repo ?? (goal.mode === 'commit' ? originOf(cwd) : null);
  const since = options.since ?? (goal.mode === 'commit' ? 'start' : null);
  const request = {
    ...requestFor(goal),
    cwd,
    ...(repo === null ? {} : { filters: [repo] }),
    ...(since === null ? {} : { since }),
  };
  for await (const frame of stream(request, { ...options, signal })) {
    state.receive(frame);
    if (state.done) return state.matched;
    if (frame.kind === 'wait_note') options.onNote?.(frame);
    const obstacle = state.hopeless();
    if (obstacle !== null) throw errorOfObstacle(obstacle);
    if (!armed && state.armed) {
      armed = true;
      options.onArmed?.();
    }
  }
  options.signal?.throwIfAborted();
  throw new WaitTimeoutError(state.outstanding());
}

function originOf(cwd: string): string {
  const repo = originRepo(cwd);
  if (repo !== null) return repo;
  throw new WaitbusError(
    'WAITBUS_BAD_REQUEST',
    `sha needs repo: ${cwd} has no GitHub origin`,
    "Give it as repo: 'owner/repo'.",
  );
}

function goalOf(options: WaitForOptions): Goal {
  const { sha, workflow = null } = options;
  if (sha !== undefined) {
    if (isSha(sha)) return { mode: 'commit', sha, workflow };
    throw new WaitbusError('WAITBUS_BAD_REQUEST', `sha ${sha} is not 7 to 40 hex digits`);
  }
  const { allOf = [], firstOf = [], match = [], source, count = 1 } = options;
  if (allOf.length > 0) return { mode: 'all', clauses: allOf.map(parseClause), count };
  if (firstOf.length > 0) return { mode: 'first', clauses: firstOf.map(parseClause), count };
  const predicates = typeof match === 'string' ? [match] : match;
  const text = [...(source === undefined ? [] : [`source ${source}`]), ...predicates].join(' and ');
  return {
    mode: 'first',
    clauses: [{ text: text || 'any event', source: source ?? null, predicates }],
    count,
  };
}
