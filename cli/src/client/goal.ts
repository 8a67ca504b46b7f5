/** What a wait can be for, and the state that it is then in: one of the two machines. */
import { commitRequest, pullsRequest, type CommitGoal, type PullsGoal } from './commit-goal.js';
import { CommitState, type Outcome, type VerdictOptions } from './commit-state.js';
import type { Obstacle } from './obstacle.js';
import type { EventFrame, StreamFrame, StreamRequest, WaitNoteFrame } from './stream.js';
import { requestOf, WaitState, type WaitSpec } from './wait-state.js';

export type Goal = WaitSpec | CommitGoal | PullsGoal;

/** The state of a wait, fed by the frames of its stream. */
export interface GoalState {
  /** The sources that it depends on. */
  readonly sources: readonly string[];
  /** The events that counted, in order. */
  readonly matched: readonly EventFrame[];
  /** What a source said that decided, for a goal that goes by no events. */
  readonly notes: readonly WaitNoteFrame[];
  readonly done: boolean;
  /** The verdict, of a goal that has one by itself; null: the events that counted tell. */
  readonly outcome: Outcome | null;
  /** What the verdict is of, where it is not of all the facts; null: nothing to say. */
  readonly caveat: string | null;
  /** Whether nothing can be missed any more. */
  readonly armed: boolean;
  /** When a tick is due, in milliseconds since the epoch; null: not. */
  readonly due: number | null;
  /** @returns the events that this frame made count */
  receive(frame: StreamFrame): readonly EventFrame[];
  /** How its sources are, for people. */
  readonly sourceLines: readonly string[];
  /**
   * What was known before may have been changed by now.
   * @returns whether it needs another subscription to go by
   */
  renew(): boolean;
  /** Why nothing can match as things are: what its sources said of it. */
  readonly warnings: readonly WaitNoteFrame[];
  /** Why the wait cannot be fulfilled any more, or null. */
  hopeless(): Obstacle | null;
  /** What is still waited for, for people. */
  outstanding(): string[];
}

export function stateOf(goal: Goal, options: VerdictOptions = {}): GoalState {
  return 'clauses' in goal ? new WaitState(goal) : new CommitState(goal, options);
}

/** What to ask the daemon for. */
export function requestFor(goal: Goal): StreamRequest {
  if (goal.mode === 'commit') return commitRequest(goal);
  return goal.mode === 'pulls' ? pullsRequest(goal) : requestOf(goal);
}

/** Whether the log counts from its start. */
export function isOfTheLog(goal: Goal): boolean {
  return goal.mode === 'commit';
}
