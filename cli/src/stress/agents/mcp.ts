/**
 * An agent that is an MCP client of `waitbus mcp`: it blocks in the tool `wait`, one event a call, and
 * reads what others said from the fenced text, as a model does.
 */
import type { Envelope, Fields } from '../../client/index.js';
import { type JsonObject } from '../ledger/output.js';
import { matchOf } from '../swarm.js';
import { perform, type Conduct, type Heard } from './conduct.js';
import { McpClient } from './mcp-client.js';

const TIMEOUT_S = 3600;

const program = process.env['WAITBUS_SWARM_PROGRAM'] ?? '';
const client = await McpClient.start(process.execPath, [program, 'mcp']);

await perform({ emit }, live);

async function emit({
  source,
  event_type,
  summary,
  fields,
  delivery_id,
}: Envelope): Promise<string> {
  const event = { source, event_type, summary, fields, delivery_id };
  return textOf((await client.call('emit', event))['event_id']);
}

async function live(conduct: Conduct): Promise<void> {
  const { run, cursor } = conduct.part;
  const wait = { source: 'agent', match: matchOf(run), timeout_s: TIMEOUT_S };
  let since = cursor;
  for (;;) {
    const answer = await client.call('wait', { ...wait, since });
    const at = process.hrtime.bigint();
    // A slice of the wait is over, and nothing came: the next call goes on from there.
    since = textOf(answer['cursor']) || since;
    if (answer['outcome'] !== 'matched') continue;
    if (!(await conduct.hear(heardIn(answer), at))) break;
  }
  client.close();
}

function heardIn(answer: JsonObject): Heard {
  const events = answer['events'];
  const [head] = Array.isArray(events) ? (events as JsonObject[]) : [];
  const text = textOf(answer['said']);
  const fields: Record<string, Fields[string]> = {};
  for (const [, key = '', value = ''] of text.matchAll(/^ {2}(\w+) = (.*)$/gm)) {
    fields[key] = key === 'swarm_round' ? Number(value) : value;
  }
  const [, from = ''] = /, from agent (\S+): /.exec(text) ?? [];
  return {
    event_id: textOf(head?.['event_id']),
    event_type: textOf(head?.['event_type']),
    fields: { ...fields, msg_from: from },
  };
}

function textOf(value: unknown): string {
  return typeof value === 'string' ? value : '';
}
