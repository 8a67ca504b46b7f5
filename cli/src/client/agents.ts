/**
 * Who is on this machine: programs that are attached, and sessions of harnesses, which speak through
 * their hooks and are connected to nothing in between.
 */
import { isoTime } from '@waitbus/plugin-sdk/envelope';
import { AGENT_NAME } from './agent-name.js';
import { present } from './present.js';
import type { ReachOptions } from './reach.js';
import { readLog } from './read-log.js';
import type { EventFrame } from './stream.js';
import { listWatches, type WatchInfo } from './watches.js';

/** Who was not heard of for longer is not named, unless it is attached or watches for something. */
const HEARD_SINCE = '1h';
const MOST_EVENTS = 10_000;

export interface AgentInfo {
  readonly name: string;
  /** It is attached at this moment. */
  readonly present: boolean;
  /** Since when, in milliseconds since the epoch; null: it is not. */
  readonly since: number | null;
  /** Its last event, if it came in the last hour. */
  readonly last: EventFrame | null;
  /** What it is to be woken by. */
  readonly watches: readonly WatchInfo[];
}

/**
 * @returns the agents by name
 * @throws WaitbusError WAITBUS_UNREACHABLE
 */
export async function listAgents(
  options: ReachOptions = {},
  signal?: AbortSignal,
): Promise<readonly AgentInfo[]> {
  const there = await present(options);
  const attached = new Map(there.map(({ name, since }) => [name, since]));
  const request = { match: ['fields.source="agent"'], since: HEARD_SINCE, limit: MOST_EVENTS };
  const { events } = await readLog(request, options, signal);
  const heard = new Map<string, EventFrame>();
  for (const event of events) {
    const { msg_from: from } = event.fields;
    if (typeof from === 'string') heard.set(from, event);
  }
  const watches = await listWatches(undefined, options);
  const names = [...attached.keys(), ...heard.keys(), ...watches.map(({ name }) => name)];
  return [...new Set(names)]
    .filter((name) => AGENT_NAME.test(name))
    .sort()
    .map((name) => ({
      name,
      present: attached.has(name),
      since: attached.get(name) ?? null,
      last: heard.get(name) ?? null,
      watches: watches.filter((watch) => watch.name === name),
    }));
}

/** What it did last, as `agent_finished turn`; null: nothing in the last hour. */
export function lastEventOf({ last }: AgentInfo): string | null {
  if (last === null) return null;
  const { scope } = last.fields;
  return typeof scope === 'string' ? `${last.event_type} ${scope}` : last.event_type;
}

/** When, ISO 8601. */
export function lastHeardOf({ last }: AgentInfo): string | null {
  return last === null ? null : isoTime(last.received_at);
}
