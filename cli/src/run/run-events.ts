/** What `waitbus run` says of a command: the events of its life, and its last will. Pure. */
import type { Envelope, Fields } from '@waitbus/plugin-sdk/envelope';
import { whyNot, type CommandEnd } from './command.js';

export interface RunFacts {
  readonly name: string;
  readonly runId: string;
  /** The program, without its arguments: they may hold what nobody else is to read. */
  readonly program: string;
  /** null: it was removed. */
  readonly cwd: string | null;
  readonly branch: string | null;
}

/** Signals with which somebody ends a command on purpose. */
const ON_PURPOSE: ReadonlySet<string> = new Set(['SIGINT', 'SIGTERM', 'SIGHUP', 'SIGQUIT']);

export function startedEvent(facts: RunFacts, pid: number): Envelope {
  return event(facts, 'agent_started', 'started', `${facts.name} started`, {
    status: 'in_progress',
    pid,
  });
}

/** @param asked the signal that asked the wrapper to end, if one did */
export function endedEvent(
  facts: RunFacts,
  end: CommandEnd,
  durationMs: number,
  asked: NodeJS.Signals | null,
): Envelope {
  const { exitCode, signal, error } = end;
  const succeeded = exitCode === 0;
  const cancelled = !succeeded && asked !== null && ON_PURPOSE.has(asked);
  const how =
    error !== null ? whyNot(error) : signal !== null ? `killed by ${signal}` : `exit ${exitCode}`;
  const took = `${(durationMs / 1000).toFixed(1)} s`;
  return event(
    facts,
    succeeded ? 'agent_finished' : 'agent_failed',
    'ended',
    `${facts.name} ${succeeded ? 'finished' : 'failed'}: ${how}, after ${took}`,
    {
      status: 'completed',
      conclusion: succeeded ? 'success' : cancelled ? 'cancelled' : 'failure',
      exit_code: exitCode,
      ...(signal === null ? {} : { signal }),
      ...(error === null ? {} : { reason: error.code === 'ENOENT' ? 'not_found' : 'not_run' }),
      duration_ms: Math.round(durationMs),
    },
  );
}

/**
 * For when the wrapper itself is killed: it can neither tell how the command ends, nor end it. Has
 * the delivery_id of the end, so that a run has one.
 * @param pid the command's, once it runs
 */
export function will(facts: RunFacts, pid: number | null): Envelope {
  const rest = pid === null ? '' : `; its command (pid ${pid}) may still run`;
  return event(
    facts,
    'agent_failed',
    'ended',
    `${facts.name} failed: waitbus run was killed${rest}`,
    {
      status: 'completed',
      conclusion: 'failure',
      reason: 'wrapper_killed',
      ...(pid === null ? {} : { pid }),
    },
  );
}

function event(
  { name, runId, program, cwd, branch }: RunFacts,
  type: string,
  moment: 'started' | 'ended',
  summary: string,
  fields: Fields,
): Envelope {
  return {
    source: 'agent',
    event_type: type,
    delivery_id: `run:${runId}:${moment}`,
    summary,
    fields: {
      msg_from: name,
      run_id: runId,
      workflow_name: program,
      ...(cwd === null ? {} : { cwd }),
      ...(branch === null ? {} : { head_branch: branch }),
      ...fields,
    },
  };
}
