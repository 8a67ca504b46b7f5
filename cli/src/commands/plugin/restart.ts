/** `waitbus plugin restart`: a source that was given up tries again. */
import { parseArgs } from 'node:util';
import { WaitbusError } from '@waitbus/plugin-sdk/envelope';
import { askDaemon } from '../../client/ask-daemon.js';
import { resolvePaths } from '../../paths.js';
import { PLUGIN_EXIT } from '../../plugins/exit-codes.js';
import { readLockfile } from '../../plugins/lock-store.js';
import { say } from '../../terminal/exit.js';
import { COMMON, lockfileOf, onlyWord } from './context.js';

export const help = `usage: waitbus plugin restart NAME

Forgets the failures of a source and starts it again if anybody waits on it. NAME is a source, or a
plugin, for all of its sources.

example
  waitbus plugin restart k8s`;

export async function run(args: readonly string[]): Promise<number> {
  const { values, positionals } = parseArgs({
    args: [...args],
    allowPositionals: true,
    strict: true,
    options: COMMON,
  });
  const name = onlyWord(positionals, 'one source or plugin');
  const paths = resolvePaths();
  const plugins = readLockfile(lockfileOf(values.lockfile, paths))?.plugins ?? {};
  const sources = (Object.hasOwn(plugins, name) ? plugins[name]?.sources : undefined) ?? [name];
  for (const source of sources) {
    const answer = await askDaemon(paths, { op: 'restart_source', source });
    if (answer === null) {
      throw new WaitbusError(
        'WAITBUS_UNREACHABLE',
        `no daemon is running on ${paths.socket}`,
        `waitbus wait --source ${source} starts one, and the source.`,
      );
    }
    say(`${source}: ${String(answer['state'])}`);
  }
  return PLUGIN_EXIT.ok;
}
