/** What the daemon knows of who waits. */
import type { Sandbox } from '../support/sandbox.js';
import { until } from '../support/until.js';
import { WireClient } from '../support/wire.js';
import { lines, type JsonObject } from './json.js';

/** Resolves once somebody is subscribed or holds a take open: what is emitted from now on wakes it. */
export async function somebodyListens(sandbox: Sandbox): Promise<void> {
  const asking = await WireClient.open(sandbox.paths.socket);
  await until(
    async () => (await asking.request({ op: 'status' }))['subscribers'],
    (count) => Number(count) > 0,
  );
  asking.close();
}

/** Resolves once a session has ended so many turns. */
export async function turnsEnded(sandbox: Sandbox, count = 1): Promise<void> {
  const ends = ['--match', 'event_type="agent_finished"', '--match', 'fields.scope="turn"'];
  const { code, stderr } = await sandbox.run([
    ...['wait', '--source', 'agent', ...ends],
    ...['--since', 'start', '--count', String(count), '--timeout', '30s'],
  ]);
  if (code !== 0) throw new Error(`no turn has ended: ${stderr}`);
}

export async function wholeLog(sandbox: Sandbox): Promise<readonly JsonObject[]> {
  return lines((await sandbox.run(['log', '--since', 'start', '--json'])).stdout);
}
