/**
 * A line of the engine's event stream as what it says, checked: pure. Docker and Podman write the
 * same shape; times are in nanoseconds and kept exact.
 */
import { parseJson, type Json } from '@waitbus/plugin-sdk';
import { z } from 'zod';

/** What is asked of the engine. `kill` is reported by no event, and tells a stop from a failure. */
export const ACTIONS = ['start', 'kill', 'die', 'stop', 'oom', 'health_status'] as const;

export type Action = (typeof ACTIONS)[number];

export interface EngineEvent {
  readonly action: Action;
  readonly container: string;
  readonly attributes: Readonly<Record<string, string>>;
  /** By the engine's clock, nanoseconds since the epoch. */
  readonly time: bigint;
  /** With `health_status` only: `healthy`, `unhealthy`. */
  readonly health: string | null;
  readonly raw: Json;
}

const nanoseconds = z.union([z.bigint(), z.int()]).transform((value) => BigInt(value));

const SHAPE = z.object({
  Type: z.literal('container'),
  Action: z.string(),
  Actor: z.object({
    ID: z.string().min(1),
    Attributes: z.record(z.string(), z.string()).nullish(),
  }),
  timeNano: nanoseconds,
  HealthStatus: z.string().optional(),
});

/**
 * @returns null for an event of another kind
 * @throws SyntaxError for what is no JSON object
 */
export function parseEngineEvent(line: string): EngineEvent | null {
  const raw = parseJson(line);
  if (typeof raw !== 'object' || raw === null) throw new SyntaxError('not a JSON object');
  const parsed = SHAPE.safeParse(raw);
  if (!parsed.success) return null;
  const { Action: said, Actor, timeNano, HealthStatus } = parsed.data;
  // Docker writes `health_status: healthy`; Podman may write the status in a member of its own.
  const [name = '', detail = ''] = said.split(': ', 2);
  const action = ACTIONS.find((one) => one === (name === 'died' ? 'die' : name));
  if (action === undefined) return null;
  const attributes = Actor.Attributes ?? {};
  const health =
    action === 'health_status' ? detail || HealthStatus || attributes['health_status'] || '' : null;
  return { action, container: Actor.ID, attributes, time: timeNano, health, raw: raw as Json };
}

/** Names an event of the engine: the same for whoever observes it, and for no other. */
export function eventKey({ container, action, time }: EngineEvent): string {
  return `${container}:${action}:${time}`;
}
