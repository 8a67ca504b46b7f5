/** What the kernel's limits add to the start of a source's process: pairs with them and without, in turn. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { tmpdir } from 'node:os';
import { confine, confinement } from '@waitbus/kernel/confine';
import { NO_CAPABILITIES } from '@waitbus/plugin-sdk/manifest';
import { limitsOf } from '../../cli/src/host/limits.js';
import { now } from './clock.js';
import { summaryOf, type Added } from './result.js';

const PLACES = { code: [], own: [tmpdir()], home: undefined };

/** null where the kernel holds no source. */
export async function measureStart(rounds: number): Promise<Added | null> {
  const abi = confinement()?.abi;
  if (abi === undefined) return null;
  const added: number[] = [];
  // The first pair warms up.
  for (let round = 0; round <= rounds; round += 1) {
    const without = await startOnce(false);
    const one = (await startOnce(true)) - without;
    if (round > 0) added.push(one);
  }
  return { abi, ...summaryOf(added) };
}

/** From the decision to start Node until it ends, having run nothing. */
async function startOnce(confined: boolean): Promise<number> {
  const begin = now();
  const { execPath } = process;
  const launcher = confined
    ? confine(execPath, limitsOf(NO_CAPABILITIES, PLACES, execPath, {}))
    : null;
  const [command, ...args] = [...(launcher ? [launcher.command] : []), execPath, '-e', ''];
  const fds = launcher?.descriptors ?? [];
  const child = spawn(command ?? execPath, args, {
    stdio: ['ignore', 'ignore', 'ignore', 'ignore', ...fds],
  });
  launcher?.close();
  const [code] = (await once(child, 'exit')) as [number | null];
  if (code !== 0) throw new Error(`Node ended with ${code} when it was started`);
  return now() - begin;
}
