/** `waitbus agents`: who is here, under which name, and what it did last. Never starts a daemon. */
import { parseArgs } from 'node:util';
import { stringifyJson } from '@waitbus/plugin-sdk/envelope';
import { lastEventOf, lastHeardOf, listAgents, type AgentInfo } from '../client/agents.js';
import { isNoDaemon } from '../client/reach.js';
import { EXIT, print, say } from '../terminal/exit.js';

export async function run(args: readonly string[]): Promise<number> {
  const { values } = parseArgs({
    args: [...args],
    options: { json: { type: 'boolean' } },
    strict: true,
  });
  const agents = await known();
  if (agents === null) {
    say('waitbus agents: no daemon runs, so nobody is present; whom it heard of is in its log');
    say('  waitbus log --match \'fields.source="agent"\' starts one and shows that');
    return EXIT.ok;
  }
  for (const agent of agents) print(values.json === true ? asJson(agent) : asLine(agent));
  if (agents.length === 0) {
    say('waitbus agents: nobody is present, and nobody was heard of in the last hour');
  }
  return EXIT.ok;
}

/** @returns null when no daemon runs */
async function known(): Promise<readonly AgentInfo[] | null> {
  try {
    return await listAgents({ autostart: false });
  } catch (error) {
    if (isNoDaemon(error)) return null;
    throw error;
  }
}

function asLine(agent: AgentInfo): string {
  const { name, since, watches } = agent;
  const here = since === null ? [] : [`present since ${new Date(since).toISOString()}`];
  const at = lastHeardOf(agent);
  const heard = at === null ? [] : [`${lastEventOf(agent)} at ${at}`];
  const count = watches.length;
  const waits = count === 0 ? [] : [`woken by ${count} ${count === 1 ? 'watch' : 'watches'}`];
  return `${name}  ${[...here, ...heard, ...waits].join('; ')}`;
}

function asJson(agent: AgentInfo): string {
  const { name, present, since, watches } = agent;
  return stringifyJson({
    name,
    present,
    since,
    last_heard: lastHeardOf(agent),
    last_event: lastEventOf(agent),
    watches: watches.length,
  });
}
