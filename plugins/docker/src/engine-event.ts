/**
 * A line of the engine's event stream as what it says, checked: pure. Docker and Podman write the
 * same shape; times are in nanoseconds and kept exact. Labels lie over what Docker tells beside an
 * action, and under what Podman does.
 */
import { parseJson, type Json } from '@waitbus/plugin-sdk';
import { z } from 'zod';

/** What Docker is asked for. `create` tells labels, `kill` a stop from a failure: no events of ours. */
export const ACTIONS = ['create', 'start', 'kill', 'die', 'stop', 'oom', 'health_status'] as const;

/** What Podman tells besides, of which only it makes use. */
const OF_PODMAN = ['restart', 'cleanup', 'remove'] as const;

export type Action = (typeof ACTIONS)[number] | (typeof OF_PODMAN)[number];

export interface EngineEvent {
  readonly action: Action;
  readonly container: string;
  readonly isPodman: boolean;
  /** `name`, `image` and the labels; beside some actions the engine's own, which labels may replace. */
  readonly attributes: Readonly<Record<string, string>>;
  /** By the engine's clock, nanoseconds since the epoch. */
  readonly time: bigint;
  /** With `health_status` only: `healthy`, `unhealthy`. */
  readonly health: string | null;
  /** With `die` only, null when the engine does not say. Docker's may be a label of this name. */
  readonly exitCode: number | null;
  /** With `kill` only, null when the engine does not say. Docker's may be a label of this name. */
  readonly signal: number | null;
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
export function parseEngineEvent(line: string, isPodman: boolean): EngineEvent | null {
  const raw = parseJson(line);
  if (typeof raw !== 'object' || raw === null) throw new SyntaxError('not a JSON object');
  const parsed = SHAPE.safeParse(raw);
  if (!parsed.success) return null;
  const { Action: said, Actor, timeNano, HealthStatus } = parsed.data;
  // Docker writes `health_status: healthy`; Podman may write the status in a member of its own.
  const [name = '', detail = ''] = said.split(': ', 2);
  const known: readonly Action[] = isPodman ? [...ACTIONS, ...OF_PODMAN] : ACTIONS;
  const action = known.find((one) => one === (name === 'died' ? 'die' : name));
  if (action === undefined) return null;
  const attributes = Actor.Attributes ?? {};
  const health =
    action === 'health_status' ? detail || HealthStatus || attributes['health_status'] || '' : null;
  const code = attributes[isPodman ? 'containerExitCode' : 'exitCode'];
  return {
    action,
    container: Actor.ID,
    isPodman,
    attributes,
    time: timeNano,
    health,
    exitCode: action === 'die' ? whole(code, /^-?\d{1,10}$/) : null,
    // Podman names none: what stands there is a label.
    signal: action === 'kill' && !isPodman ? whole(attributes['signal'], /^\d{1,3}$/) : null,
    raw: raw as Json,
  };
}

function whole(text: string | undefined, form: RegExp): number | null {
  return text !== undefined && form.test(text) ? Number(text) : null;
}

/** Names an event of the engine: the same for whoever observes it, and for no other. */
export function eventKey({ container, action, time }: EngineEvent): string {
  return `${container}:${action}:${time}`;
}
