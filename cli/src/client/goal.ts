/** What a wait can be for, and the state that it is then in: one of the two machines. */
import { CommitState, commitRequest, type CommitGoal } from './commit-state.js';
import type { Obstacle } from './obstacle.js';
import type { EventFrame, StreamFrame, StreamRequest, WaitNoteFrame } from './stream.js';
import { requestOf, WaitState, type WaitSpec } from './wait-state.js';

export type Goal = WaitSpec | CommitGoal;

/** The state of a wait, fed by the frames of its stream. */
export interface GoalState {
  /** The sources that it depends on. */
  readonly sources: readonly string[];
  /** The events that counted, in order. */
  readonly matched: readonly EventFrame[];
  readonly done: boolean;
  /** Whether nothing can be missed any more. */
  readonly armed: boolean;
  /** @returns the events that this frame made count */
  receive(frame: StreamFrame): readonly EventFrame[];
  /** Why nothing can match as things are: what its sources said of it. */
  readonly warnings: readonly WaitNoteFrame[];
  /** Why the wait cannot be fulfilled any more, or null. */
  hopeless(): Obstacle | null;
  /** What is still waited for, for people. */
  outstanding(): string[];
}

export function stateOf(goal: Goal): GoalState {
  return goal.mode === 'commit' ? new CommitState(goal) : new WaitState(goal);
}

/** What to ask the daemon for. */
export function requestFor(goal: Goal): StreamRequest {
  return goal.mode === 'commit' ? commitRequest(goal) : requestOf(goal);
}
