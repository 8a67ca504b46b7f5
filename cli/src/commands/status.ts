/** `waitbus status`: the daemon, the log and the sources. Never starts a daemon. */
import { parseArgs } from 'node:util';
import { stringifyJson } from '@waitbus/plugin-sdk/envelope';
import { askDaemon } from '../client/ask-daemon.js';
import type { Frame } from '../client/connection.js';
import { pathsOf } from '../client/reach.js';
import { formatDuration } from '../duration.js';
import type { SourceStatus, WaitStatus } from '../host/status.js';
import { EXIT, print, say } from '../terminal/exit.js';

export async function run(args: readonly string[]): Promise<number> {
  const { values } = parseArgs({
    args: [...args],
    options: { json: { type: 'boolean' } },
    strict: true,
  });
  const answer = await askDaemon(pathsOf({}), { op: 'status' });
  const status = answer === null ? null : { running: true, ...answer };
  if (values.json === true) print(stringifyJson(status ?? { kind: 'status', running: false }));
  else if (status !== null) printStatus(status);
  else {
    say(`no daemon is running on ${pathsOf({}).socket}`);
    say('  it starts by itself when a command needs it; waitbus daemon runs one in the foreground');
  }
  return status === null ? EXIT.failure : EXIT.ok;
}

function printStatus(status: Frame): void {
  const text = (key: string) => String(status[key]);
  const attached = status['attached'] as readonly string[];
  print(
    `daemon       ${text('version')}, pid ${text('pid')}, up ${formatDuration(Number(status['uptime']) * 1000)}`,
  );
  print(`socket       ${text('socket')}`);
  print(
    `store        ${text('store')}: ${text('events')} events, ${megabytes(status['store_bytes'])} MB`,
  );
  print(`log          ${text('log')}`);
  print(`newest       ${status['head'] === null ? 'no event yet' : text('head')}`);
  if (status['floor'] !== null) print(`removed up to ${text('floor')}`);
  print(`subscribers  ${text('subscribers')}`);
  if (attached.length > 0) print(`attached     ${attached.join(', ')}`);
  print('sources');
  for (const source of status['sources'] as readonly SourceStatus[]) {
    print(
      `  ${source.name.padEnd(14)} ${source.version.padEnd(9)} ${source.activation.padEnd(10)} ${source.state}`,
    );
    const counted = countedOf(source);
    if (counted.length > 0) print(`    ${counted.join(', ')}`);
    if (source.detail !== '') print(`    ${source.detail}`);
    if (source.remedy !== '') print(`    ${source.remedy}`);
    for (const line of source.waits.flatMap(linesOf)) print(`    ${line}`);
  }
}

/** Why somebody who waits on the source cannot hear anything, as things are. */
function linesOf({ cwd, notes }: WaitStatus): string[] {
  const where = cwd === null ? 'a wait' : `a wait in ${cwd}`;
  return notes.map(
    ({ detail, remedy }) => `${where}: ${detail}${remedy === '' ? '' : `; ${remedy}`}`,
  );
}

/** What there is to count about a source's process. */
function countedOf({ pid, memory, events, last_event: last, restarts }: SourceStatus): string[] {
  return [
    ...(pid === null ? [] : [`pid ${pid}`]),
    ...(memory === null ? [] : [`${megabytes(memory)} MB`]),
    ...(last === null ? [] : [`${events} events, the last at ${last}`]),
    ...(restarts === 0 ? [] : [`started again ${restarts} times`]),
  ];
}

function megabytes(bytes: unknown): string {
  return (Number(bytes) / 1e6).toFixed(1);
}
