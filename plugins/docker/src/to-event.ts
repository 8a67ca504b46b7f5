/**
 * An observation of a container as the event that is emitted, and the schema of its fields. Pure.
 */
import type { Json, SourceEvent } from '@waitbus/plugin-sdk';
import { z } from 'zod';
import type { Action } from './engine-event.js';

const name = z.string().min(1);

export const EVENTS = {
  docker_container: z.strictObject({
    status: z.enum(['started', 'exited', 'stopped', 'oom', 'healthy', 'unhealthy']),
    /** Of an exit, and of nothing else: whoever waits for a failure is told once of each. */
    conclusion: z.enum(['success', 'failure', 'cancelled']).optional(),
    exit_code: z.int().optional(),
    /** With an exit: the engine's out-of-memory killer struck in this run. */
    oom_killed: z.literal(true).optional(),
    health: z.enum(['healthy', 'unhealthy']).optional(),
    /** The compose service, else the container's name. */
    workflow_name: name,
    container: name,
    container_id: name,
    image: z.string(),
    project: name.optional(),
    service: name.optional(),
  }),
} as const;

export type Fields = z.output<(typeof EVENTS)['docker_container']>;

/** What was seen of one container at one time. */
export interface Observation {
  readonly action: Action;
  readonly status: Fields['status'];
  readonly container: string;
  /** `name`, `image` and the labels. */
  readonly attributes: Readonly<Record<string, string>>;
  /** By the engine's clock, nanoseconds since the epoch. */
  readonly time: bigint;
  /** Of an exit; null when the engine does not say. */
  readonly exitCode?: number | null;
  readonly oomKilled?: boolean;
  readonly conclusion?: Fields['conclusion'];
  /** Whether the engine's records told, not its event stream. */
  readonly looked?: boolean;
  readonly raw: Json;
}

export function toEvent(seen: Observation): SourceEvent {
  const { attributes, container, status, exitCode, conclusion, time } = seen;
  const shown = attributes['name'] || container.slice(0, 12);
  const project = attributes['com.docker.compose.project'];
  const service = attributes['com.docker.compose.service'];
  const fields = {
    status,
    ...(conclusion === undefined ? {} : { conclusion }),
    ...(typeof exitCode === 'number' ? { exit_code: exitCode } : {}),
    ...(seen.oomKilled === true ? { oom_killed: true } : {}),
    ...(status === 'healthy' || status === 'unhealthy' ? { health: status } : {}),
    workflow_name: service || shown,
    container: shown,
    container_id: container,
    image: attributes['image'] ?? '',
    ...(project ? { project } : {}),
    ...(service ? { service } : {}),
  } satisfies Fields;
  return {
    event_type: 'docker_container',
    delivery_id: deliveryId(container, seen.action, time),
    received_at: time,
    ingest_method: seen.looked === true ? 'inspect' : 'stream',
    summary: summarize(shown, seen),
    fields,
    payload: seen.raw,
  };
}

/** What happened, by name: the same for whoever observes it. */
export function deliveryId(container: string, action: Action, time: bigint): string {
  return `${container}:${action}:${time}`;
}

function summarize(shown: string, { status, exitCode, oomKilled, conclusion }: Observation) {
  if (status === 'oom') return `${shown} ran out of memory`;
  if (status === 'healthy' || status === 'unhealthy') return `${shown} is ${status}`;
  if (status !== 'exited') return `${shown} ${status}`;
  const why =
    oomKilled === true ? ', out of memory' : conclusion === 'cancelled' ? ', stopped' : '';
  const code = typeof exitCode === 'number' ? ` with ${exitCode}` : '';
  return `${shown} exited${code}${why}`;
}
