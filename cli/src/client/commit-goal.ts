/** A wait on a verdict of CI: of which commit or pull requests, and what it asks the daemon for. Pure. */
import type { StreamRequest } from './stream.js';

interface VerdictGoal {
  /** Only runs of this workflow, by its name or file; null: all that a push caused. */
  readonly workflow: string | null;
  /** A success counts once nothing has changed for so long, in milliseconds. Default: SETTLE_MS. */
  readonly settleMs?: number | undefined;
}

/** The verdict on a commit is waited for. */
export interface CommitGoal extends VerdictGoal {
  readonly mode: 'commit';
  /** 7 to 40 hex digits: a prefix. */
  readonly sha: string;
}

/** The verdict on the heads of pull requests, as they are pushed to. */
export interface PullsGoal extends VerdictGoal {
  readonly mode: 'pulls';
  readonly numbers: readonly number[];
  /** The first of them that has a verdict decides; else all of them. */
  readonly any: boolean;
}

export const SOURCE = 'github';
const SHA = /^[0-9a-fA-F]{7,40}$/;

export function isSha(text: string): boolean {
  return SHA.test(text);
}

/** What an event of the commit's runs meets. Which of them count is decided here. */
export function commitRequest({ sha }: CommitGoal): StreamRequest {
  const match = ['fields.event_type="workflow_run"', `fields.head_sha^="${sha.toLowerCase()}"`];
  return { match, sources: [SOURCE] };
}

export function pullsRequest({ numbers }: PullsGoal): StreamRequest {
  const anyOf = numbers.map((number) => [
    `fields.source="${SOURCE}"`,
    'fields.event_type="pull_request"',
    `fields.number=${number}`,
  ]);
  return { anyOf, sources: [SOURCE] };
}

/** Each of them as it was typed, and the code of the notes that tell its rounds. */
export function namesOf(goal: CommitGoal | PullsGoal): readonly { text: string; code: string }[] {
  const only = goal.workflow === null ? '' : ` --workflow '${goal.workflow}'`;
  if (goal.mode === 'commit') return [{ text: `--sha ${goal.sha}${only}`, code: 'round' }];
  return goal.numbers.map((number) => ({ text: `--pr ${number}${only}`, code: `pull${number}` }));
}
