/** `waitFor`: one promise for one event, or for all of several. */
import { WaitbusError } from '@waitbus/plugin-sdk/envelope';
import { MAX_TIMER_MS } from '../duration.js';
import { originRepo } from '../origin-repo.js';
import { directoryOf } from '../working-directory.js';
import { isSha } from './commit-goal.js';
import { isOfTheLog, requestFor, stateOf, type Goal } from './goal.js';
import { errorOfObstacle } from './obstacle.js';
import { Renewal, type EventFrame, type StreamOptions, type WaitNoteFrame } from './stream.js';
import { goalStream } from './ticks.js';
import { timeLimit } from './time-limit.js';
import { parseClause } from './wait-state.js';

export interface WaitForOptions extends StreamOptions {
  /** Only events of this source, which is activated. */
  readonly source?: string;
  /** Predicates that must all hold. */
  readonly match?: string | readonly string[];
  /** `source:predicate predicate ...` clauses: one event each, over time. */
  readonly allOf?: readonly string[];
  /** `source:predicate predicate ...` clauses: the first event of any. */
  readonly firstOf?: readonly string[];
  /**
   * The CI verdict of a commit, 7 to 40 hex digits, from source github: ends once a run has failed,
   * or all have passed and nothing has changed for `settle`, with the last event of each run that
   * counts. The verdict is of what GitHub says once this was called; with `onArmed`, once that is done.
   */
  readonly sha?: string;
  /** With `sha`: only runs of the workflow of this name, or of this file. */
  readonly workflow?: string;
  /** With `sha`: milliseconds for which nothing may have changed before a success counts. Default 10,000. */
  readonly settle?: number;
  /** Only events of `owner/repo` or `owner/*`. Default with `sha`: the origin of the checkout. */
  readonly repo?: string;
  /**
   * Whether a wait on a source whose manifest declares verdicts, such as github, is for one that has
   * ended: an event with a conclusion. Default: true. With false, any matching event counts.
   */
  readonly verdict?: boolean;
  /** Ends on the N-th matching event. Default 1. */
  readonly count?: number;
  /** A cursor: events after it count even if they happened before the call. */
  readonly since?: string;
  /** Milliseconds. Default: no limit. */
  readonly timeout?: number;
  /** Default: the working directory. */
  readonly cwd?: string;
  /** Called once nothing can be missed any more: do then what causes the event. */
  readonly onArmed?: () => void | Promise<void>;
  /** Called with what a verdict on a commit is of, when GitHub could not be asked. */
  readonly onCaveat?: (caveat: string) => void;
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
  const state = stateOf(goal, { acts: options.onArmed !== undefined });
  const renewal = new Renewal();
  const given = options.signal === undefined ? [] : [options.signal];
  const failing = new AbortController();
  const signal = AbortSignal.any([...timeLimit(options.timeout), ...given, failing.signal]);
  let armed = false;
  const cwd = directoryOf(options.cwd);
  const act = async () => {
    // Without anything to do, what is known is as good as before.
    if (options.onArmed === undefined) return;
    await options.onArmed();
    if (state.renew()) renewal.ask();
  };
  const repo = options.repo ?? (isOfTheLog(goal) ? originOf(cwd) : null);
  const since = options.since ?? (isOfTheLog(goal) ? 'start' : null);
  const request = {
    ...requestFor(goal),
    cwd,
    ...(repo === null ? {} : { filters: [repo] }),
    ...(since === null ? {} : { since }),
  };
  for await (const frame of goalStream(request, state, { ...options, signal, renewal })) {
    state.receive(frame);
    if (state.done) {
      if (state.caveat !== null) options.onCaveat?.(state.caveat);
      return state.matched;
    }
    if (frame.kind === 'wait_note') options.onNote?.(frame);
    const obstacle = state.hopeless();
    if (obstacle !== null) throw errorOfObstacle(obstacle);
    if (!armed && state.armed) {
      armed = true;
      act().catch((error: unknown) => failing.abort(error));
    }
  }
  failing.signal.throwIfAborted();
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
  const { sha, workflow = null, settle: settleMs } = options;
  if (sha !== undefined) {
    if (options.verdict === false) {
      throw new WaitbusError('WAITBUS_BAD_REQUEST', 'sha is a wait for a verdict');
    }
    if (settleMs !== undefined && !(settleMs >= 0 && settleMs <= MAX_TIMER_MS)) {
      throw new WaitbusError(
        'WAITBUS_BAD_REQUEST',
        `settle: ${settleMs} is not a number of milliseconds up to ${MAX_TIMER_MS}`,
      );
    }
    if (isSha(sha)) return { mode: 'commit', sha, workflow, settleMs };
    throw new WaitbusError('WAITBUS_BAD_REQUEST', `sha ${sha} is not 7 to 40 hex digits`);
  }
  const { allOf = [], firstOf = [], match = [], source, count = 1 } = options;
  const judged = options.verdict !== false;
  if (allOf.length > 0) return { mode: 'all', clauses: allOf.map(parseClause), count, judged };
  if (firstOf.length > 0)
    return { mode: 'first', clauses: firstOf.map(parseClause), count, judged };
  const predicates = typeof match === 'string' ? [match] : match;
  const text = [...(source === undefined ? [] : [`source ${source}`]), ...predicates].join(' and ');
  return {
    mode: 'first',
    clauses: [{ text: text || 'any event', source: source ?? null, predicates }],
    count,
    judged,
  };
}
