/** The frames that tests of a wait on a verdict of CI are made of, and the state after them. */
import type { CommitGoal } from '../src/client/commit-goal.js';
import { CommitState } from '../src/client/commit-state.js';
import type { EventFrame, StreamFrame } from '../src/client/stream.js';

export const SHA = '7f3a1b2c9d0e4f5a6b7c8d9e0f1a2b3c4d5e6f70';
export const NOW = 1_800_000_000_000;
export const GOAL: CommitGoal = { mode: 'commit', sha: SHA, workflow: null };
export const ACK: StreamFrame = { kind: 'subscribe_ack', caught_up_at: '0', head: '0' };
export const CAUGHT_UP: StreamFrame = { kind: 'caught_up', head: '0' };
export const sourceIs = (state: 'running' | 'failed', detail = ''): StreamFrame => ({
  kind: 'source_state',
  source: 'github',
  state,
  detail,
  remedy: 'mend it',
});

export type Row = Readonly<Record<string, string | number>>;

let count = 0;
export const event = (fields: Row, secondsAgo = 60): EventFrame => ({
  kind: 'event',
  event_id: String(++count).padStart(26, '0'),
  event_type: 'workflow_run',
  owner: 'acme',
  repo: 'app',
  received_at: BigInt(NOW - secondsAgo * 1000) * 1_000_000n,
  delivery_id: 'd',
  summary: '',
  fields: { event_type: 'workflow_run', head_sha: SHA, ...fields },
});

export const note = (data: object, code = 'round', detail = ''): StreamFrame => ({
  kind: 'wait_note',
  source: 'github',
  code,
  level: 'info',
  detail,
  remedy: '',
  data,
});
let rounds = 0;
export const round = (askedAt: number, ...runs: readonly Row[]) =>
  note({
    complete: true,
    from: 'api',
    round: ++rounds,
    parts: 1,
    asked_at: askedAt,
    repo: 'acme/app',
    shas: [SHA],
    runs,
  });
export const NONE = note({ complete: false }, 'round', 'it was refused');
export const HEARD = note({ complete: true, from: 'webhook' });

export const OPEN = { run_id: 1, workflow_name: 'ci', status: 'in_progress' };
export const FAILED = { ...OPEN, status: 'completed', conclusion: 'failure' };
export const PASSED = { ...FAILED, conclusion: 'success', updated_at: 1000 };

export function stateAfter(
  goal: Partial<CommitGoal>,
  ...frames: readonly StreamFrame[]
): CommitState {
  const state = new CommitState({ ...GOAL, ...goal }, { now: () => NOW });
  for (const frame of [ACK, sourceIs('running'), ...frames]) state.receive(frame);
  return state;
}
export const outcome = (...frames: readonly StreamFrame[]) => stateAfter({}, ...frames).outcome;
