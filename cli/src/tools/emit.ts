/** The tool `emit`: puts an event on the bus. */
import * as z from 'zod';
import type { Fields } from '@waitbus/plugin-sdk/envelope';
import { NAME_VARIABLE } from '../client/agent-name.js';
import { emit, type EmitReceipt } from '../client/emit.js';
import { defineTool, speaker, type ToolOptions } from './tool.js';

const input = z.strictObject({
  source: z.string().default('agent').describe('An installed source.'),
  event_type: z.string().describe('What happened: agent_finished, agent_failed, deployed, ...'),
  summary: z.string().max(400).optional().describe('One line for people.'),
  fields: z
    .record(z.string(), z.json())
    .optional()
    .describe('What others can match on: conclusion, status, path, ... Flat.'),
  delivery_id: z.string().optional().describe('An event with the same one is stored once.'),
});

export const stored = z.object({
  event_id: z.string().nullable().describe('null: no daemon could be had; the event is spooled.'),
  inserted: z.boolean().describe('false: it was there already.'),
});

export function emitTool(options: ToolOptions) {
  return defineTool({
    name: 'emit',
    title: 'Emit an event',
    description:
      'Tells every agent and program on this machine that something happened; whoever waits for it wakes. Example: {"event_type":"agent_finished","summary":"parser done","fields":{"conclusion":"success"}}.',
    input,
    output: stored,
    run: async ({ fields = {}, ...event }) => {
      const known = options.as || process.env[NAME_VARIABLE];
      const own =
        event.source === 'agent' && known ? { msg_from: speaker(undefined, options) } : {};
      const all = { ...own, ...fields } as Fields;
      return outcomeOf(await emit({ ...withoutUndefined(event), fields: all }, options));
    },
  });
}

/** Optional members that are absent, not undefined. */
function withoutUndefined<T extends object>(value: T) {
  type Defined = { [K in keyof T]: Exclude<T[K], undefined> };
  return Object.fromEntries(
    Object.entries(value).filter(([, member]) => member !== undefined),
  ) as Defined;
}

export function outcomeOf({ results, spooled }: EmitReceipt) {
  const [first] = results;
  const data = { event_id: first?.event_id ?? null, inserted: first?.inserted ?? true };
  if (first === undefined) {
    return { data, text: `spooled, for the next daemon to take in: ${spooled ?? ''}` };
  }
  const how = first.inserted ? 'stored' : 'it was there already';
  return { data, text: `${how}, event_id ${first.event_id}` };
}
