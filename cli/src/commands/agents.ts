/** `waitbus agents`: who is present, and since when. Never starts a daemon. */
import { parseArgs } from 'node:util';
import { stringifyJson } from '@waitbus/plugin-sdk/envelope';
import { AGENT_NAME } from '../client/agent-name.js';
import { askDaemon } from '../client/ask-daemon.js';
import { presentIn } from '../client/present.js';
import { pathsOf } from '../client/reach.js';
import { EXIT, print, say } from '../terminal/exit.js';

export async function run(args: readonly string[]): Promise<number> {
  const { values } = parseArgs({
    args: [...args],
    options: { json: { type: 'boolean' } },
    strict: true,
  });
  const status = await askDaemon(pathsOf({}), { op: 'status' });
  const there = status === null ? [] : presentIn(status);
  const agents = there.filter(({ name }) => AGENT_NAME.test(name));
  for (const agent of agents) {
    const since = new Date(agent.since).toISOString();
    if (values.json === true) print(stringifyJson(agent));
    else print(`${agent.name}  present since ${since}`);
  }
  if (agents.length === 0) say('waitbus agents: nobody is present');
  return EXIT.ok;
}
