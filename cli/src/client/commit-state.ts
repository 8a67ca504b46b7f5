/** The state of a wait on a commit's CI verdict: its runs, and whether the stream has told all. Pure. */
import { WaitbusError } from '@waitbus/plugin-sdk/envelope';
import { CommitRuns } from './commit-runs.js';
import type { Obstacle } from './obstacle.js';
import { StreamState } from './stream-state.js';
import type { EventFrame, StreamFrame, StreamRequest, WaitNoteFrame } from './stream.js';

/** The verdict on a commit is waited for. */
export interface CommitGoal {
  readonly mode: 'commit';
  /** 7 to 40 hex digits: a prefix. */
  readonly sha: string;
  /** Only runs of this workflow; null: all. */
  readonly workflow: string | null;
}

const SOURCE = 'github';
const SHA = /^[0-9a-fA-F]{7,40}$/;

export function isSha(text: string): boolean {
  return SHA.test(text);
}

/** The predicates that an event of the commit's runs meets. */
export function predicatesOf({ sha, workflow }: CommitGoal): string[] {
  return [
    'fields.event_type="workflow_run"',
    `fields.head_sha^="${sha.toLowerCase()}"`,
    ...(workflow === null ? [] : [`fields.workflow_name=${JSON.stringify(workflow)}`]),
  ];
}

export function commitRequest(goal: CommitGoal): StreamRequest {
  return { match: predicatesOf(goal), sources: [SOURCE] };
}

export class CommitState {
  readonly sources: readonly string[] = [SOURCE];
  readonly #goal: CommitGoal;
  readonly #runs = new CommitRuns();
  readonly #stream = new StreamState([SOURCE]);
  #matched: readonly EventFrame[] = [];

  constructor(goal: CommitGoal) {
    this.#goal = goal;
  }

  /** The last event of each run, once they have decided. */
  get matched(): readonly EventFrame[] {
    return this.#matched;
  }

  get done(): boolean {
    return this.#matched.length > 0;
  }

  get armed(): boolean {
    return this.#stream.armed;
  }

  /**
   * @returns the events that this frame made count
   * @throws WaitbusError WAITBUS_AMBIGUOUS_SHA
   */
  receive(frame: StreamFrame): readonly EventFrame[] {
    this.#stream.receive(frame);
    if (frame.kind === 'event') this.#take(frame);
    // What the log still holds may open a run again.
    if (this.done || this.#stream.replaying || !this.#runs.isDecided) return [];
    this.#matched = this.#runs.frames;
    return this.#matched;
  }

  #take(frame: EventFrame): void {
    this.#runs.take(frame);
    const { shas } = this.#runs;
    if (shas.length < 2) return;
    throw new WaitbusError(
      'WAITBUS_AMBIGUOUS_SHA',
      `${this.#goal.sha} is the beginning of more than one commit: ${shas.join(', ')}`,
    );
  }

  get warnings(): readonly WaitNoteFrame[] {
    return this.#stream.warnings;
  }

  /** Why no verdict can come any more, or null. */
  hopeless(): Obstacle | null {
    return this.#stream.replaying ? null : (this.#stream.obstacleTo(SOURCE, 0) ?? null);
  }

  /** What is still waited for: the runs that are open, once there are any. */
  outstanding(): string[] {
    const { sha, workflow } = this.#goal;
    const text = `--sha ${sha}${workflow === null ? '' : ` --workflow '${workflow}'`}`;
    // What the log says first may not be its last word.
    if (this.#stream.replaying) return [text];
    const { open, lines } = this.#runs;
    if (open.length > 0) return open.map((line) => `${text}: ${line}`);
    return [lines.length === 0 ? text : `${text}: no verdict yet beside ${lines.join(', ')}`];
  }
}
