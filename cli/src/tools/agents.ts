/** The tools that tell who and what is there: `list_agents`, `list_sources`. */
import * as z from 'zod';
import { lastEventOf, lastHeardOf, listAgents, type AgentInfo } from '../client/agents.js';
import { DaemonConnection, type Frame } from '../client/connection.js';
import { reach } from '../client/reach.js';
import type { EventFrame } from '../client/stream.js';
import type { WatchInfo } from '../client/watches.js';
import { defineTool, fenced, said, type ToolOptions } from './tool.js';

const agent = z.object({
  name: z.string(),
  present: z.boolean().describe('Connected at this moment.'),
  last_heard: z.string().nullable().describe('When, ISO 8601; of the last hour.'),
  last_event: z
    .string()
    .nullable()
    .describe('What, with its scope: agent_finished turn, agent_waiting turn, ...'),
  watches: z.int().describe('How many things it wants to be woken by.'),
});

export function listAgentsTool(options: ToolOptions) {
  return defineTool({
    name: 'list_agents',
    title: 'List the agents',
    description:
      'Which agents are on this machine: who is present, when each was last heard, and what it waits for.',
    readOnly: true,
    input: z.strictObject({}),
    output: z.object({ agents: z.array(agent), said }),
    run: async (_args, { signal }) => {
      const infos = await listAgents(options, signal);
      const agents = infos.map(agentOf);
      const lines = agents.map(
        ({ name, present: there, last_heard: at, last_event: what, watches: count }) =>
          `${name}: ${there ? 'present' : 'not present'}, ${at === null ? 'not heard of in the last hour' : `${what} at ${at}`}, ${count} watches`,
      );
      const watches = infos.flatMap((info) => info.watches);
      const head = lines.length === 0 ? 'no agent is present or was heard of' : lines.join('\n');
      const shown = fenced(head, watches.map(watchAsEvent), options);
      return { text: shown.text, data: { agents, said: shown.said } };
    },
  });
}

function agentOf(info: AgentInfo): z.input<typeof agent> {
  return {
    name: info.name,
    present: info.present,
    last_heard: lastHeardOf(info),
    last_event: lastEventOf(info),
    watches: info.watches.length,
  };
}

/** A watch is other agents' text as much as an event is, and is shown as one. */
function watchAsEvent({ watch, name, match, any_of, sources, created_at }: WatchInfo): EventFrame {
  const wants = { match, any_of, sources };
  return {
    kind: 'event',
    event_id: watch,
    event_type: 'watch',
    owner: 'local',
    repo: 'local',
    received_at: BigInt(created_at) * 1_000_000n,
    delivery_id: watch,
    summary: JSON.stringify(wants),
    fields: { source: 'waitbus', msg_from: name },
  };
}

const source = z.object({
  name: z.string(),
  state: z.string(),
  enabled: z.boolean(),
  events: z.int().describe('How many it has given.'),
});

export function listSourcesTool(options: ToolOptions) {
  return defineTool({
    name: 'list_sources',
    title: 'List the sources',
    description: 'What can be waited for on this machine, and whether each source runs.',
    readOnly: true,
    input: z.strictObject({}),
    output: z.object({ sources: z.array(source), said }),
    run: async () => {
      const { sources = [] } = await ask({ op: 'status' }, options);
      const found = (sources as readonly Record<string, unknown>[]).map((one) => ({
        name: textOf(one['name']),
        state: textOf(one['state']),
        enabled: one['enabled'] !== false,
        events: Number(one['events'] ?? 0),
      }));
      const notes = (sources as readonly Record<string, unknown>[])
        .filter((one) => textOf(one['remedy']) !== '')
        .map((one) => `${textOf(one['name'])}: ${textOf(one['remedy'])}`);
      const lines = found.map(({ name, state }) => `${name}: ${state}`);
      const head = lines.join('\n') || 'no source is installed';
      const shown = fenced(head, [], options, notes);
      return { text: shown.text, data: { sources: found, said: shown.said } };
    },
  });
}

function textOf(value: unknown): string {
  return typeof value === 'string' ? value : '';
}

async function ask(request: object, options: ToolOptions): Promise<Frame> {
  const connection = await reach((socket) => DaemonConnection.open(socket), options);
  try {
    return await connection.request(request);
  } finally {
    connection.close();
  }
}
